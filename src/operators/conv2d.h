// Convolution in float32.
#pragma once

#include "dsq/status.h"
#include "operators/tensor_view.h"

namespace dsq {

// What a convolution is besides its tensors. Padding is kernel / 2, of zeros.
struct Conv2dShape {
    int kernel = 3;
    int stride = 1;
};

// Width or height of the output.
constexpr int conv2d_output_extent(int extent, const Conv2dShape &shape) {
    return (extent + shape.stride - 1) / shape.stride;
}

// output(co, x, y, n) = sum over ci, kx, ky of weights(co, ci, kx, ky) * input(ci, x * stride + kx - padding, ...).
// weights: dense [co, ci, kx, ky], co innermost. Errors: invalid_argument where no kernel was built for the shape (the
// message lists those that were), mismatched_buffers where extents do not fit each other or a pointer is null.
Status conv2d(const Conv2dShape &shape, TensorView<const float> input, const float *weights, TensorView<float> output);

}  // namespace dsq
