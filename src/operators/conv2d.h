// Convolution in float32, forward and backward.
//
// Padding is kernel / 2 pixels, and is read from the border of a tensor, which must be at least that wide. What stands
// there is the caller's: 0, or Q(0) around a quantized input; 0 around the gradient of an output.
// weights: dense [co, ci, kx, ky], co innermost. Errors: invalid_argument where no kernel was built for the shape (the
// message lists those that were), mismatched_buffers where extents do not fit each other or a pointer is null.
#pragma once

#include "dsq/status.h"
#include "operators/tensor_view.h"

namespace dsq {

// What a convolution is besides its tensors.
struct Conv2dShape {
    int kernel = 3;
    int stride = 1;

    int padding() const {
        return kernel / 2;
    }
};

// Width or height of the output.
constexpr int conv2d_output_extent(int extent, const Conv2dShape &shape) {
    return (extent + shape.stride - 1) / shape.stride;
}

// output(co, x, y, n) = sum over ci, kx, ky of weights(co, ci, kx, ky) * input(ci, x * stride + kx - padding, ...).
Status conv2d(const Conv2dShape &shape, TensorView<const float> input, const float *weights, TensorView<float> output);

// grad_input(ci, x, y, n) = sum over co, kx, ky of weights(co, ci, kx, ky) * grad_output(co, (x + padding - kx) /
// stride, ...), where that is a whole number. The border of grad_output is at least kernel / 2 wide and holds 0.
Status conv2d_backward_input(const Conv2dShape &shape,
                             TensorView<const float> grad_output,
                             const float *weights,
                             TensorView<float> grad_input);

// grad_weights(co, ci, kx, ky) = sum over x, y, n of grad_output(co, x, y, n) * input(ci, x * stride + kx - padding,
// ...). Same bits for any number of threads.
Status conv2d_backward_weight(const Conv2dShape &shape,
                              TensorView<const float> input,
                              TensorView<const float> grad_output,
                              float *grad_weights);

// The sum of the gradient over the padding, where each padded position holds one and the same number (Q(0)): the
// gradient of that number.
Status conv2d_backward_padding(const Conv2dShape &shape,
                               TensorView<const float> grad_output,
                               int in_width,
                               int in_height,
                               int in_channels,
                               const float *weights,
                               double &grad_padding);

}  // namespace dsq
