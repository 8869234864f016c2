// A call of a generated kernel, with its failure as a Status.
#pragma once

#include "dsq/status.h"

namespace dsq::runtime {

// To be called before a kernel: is the processor one that the kernels were built for? Error: unsupported_processor.
Status prepare_kernel_call(const char *name);

// What the kernel `name` returned, as a Status. Error: kernel_failed, with what Halide says.
Status kernel_result(const char *name, int error);

// Runs `kernel`, a callable that returns Halide's error code. `name` is for messages. Allocates nothing unless it
// fails.
template <typename Kernel>
Status call_kernel(const char *name, Kernel &&kernel) {
    Status status = prepare_kernel_call(name);
    return status.ok() ? kernel_result(name, kernel()) : status;
}

}  // namespace dsq::runtime
