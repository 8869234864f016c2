// A call of a generated kernel, with its failure as a Status.
#pragma once

#include <functional>

#include "dsq/status.h"

namespace dsq::runtime {

// Runs `kernel`, a call of the generated function `name` that returns Halide's error code. Errors:
// unsupported_processor, before anything runs; kernel_failed with what Halide says.
Status call_kernel(const char *name, const std::function<int()> &kernel);

}  // namespace dsq::runtime
