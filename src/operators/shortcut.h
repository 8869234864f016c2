// The parameter-free shortcut of a residual network (He et al. 2016, option A): every stride-th pixel, and channels of
// zeros, half of them on each side.
#pragma once

#include "dsq/status.h"
#include "operators/tensor_view.h"

namespace dsq {

// output(c, x, y, n) = input(c - padding, x * stride, y * stride, n), or 0 where there is no such channel; padding =
// (output.channels - input.channels) / 2. Borders are neither read nor written. Error: mismatched_buffers.
Status shortcut(int stride, TensorView<const float> input, TensorView<float> output);

// grad_input, all of it: 0 where a pixel was not taken.
Status shortcut_backward(int stride, TensorView<const float> grad_output, TensorView<float> grad_input);

}  // namespace dsq
