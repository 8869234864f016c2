/// The kernel of a convolution as tasks that may run at once.
#pragma once

#include "compile/program_plan.h"

namespace dsq {

/// Splits a whole kernel into as many tasks as divide its images, its rows or its tiles of output channels, `most` at
/// most: each is the same kernel on a part of the tensors. Where rows and channels both divide, tasks share the smaller
/// of weights and input, since all of them read it. `tile_channels`: of the kernel's tile.
void split_convolution(KernelPlan &kernel, int tile_channels, int most);

}  // namespace dsq
