// The memory that kernels take for the length of a call.
#pragma once

namespace dsq::runtime {

// From the first call on, kernels get the memory back that kernels gave back: fresh pages cost more than the arithmetic
// on them. An app that sets Halide's malloc and free itself, after the first call of a kernel, keeps them.
void keep_scratch();

}  // namespace dsq::runtime
