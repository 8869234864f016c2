// Pooling over windows, and over whole images. Borders are neither read nor written. Error: invalid_argument,
// mismatched_buffers.
#pragma once

#include "dsq/status.h"
#include "operators/tensor_view.h"

namespace dsq {

struct PoolShape {
    int kernel = 2;
    int stride = 2;
    int padding = 0;  // pixels on each side that count for nothing: below every number, and not in an average
};

// Width or height of the output; below 1 where the image is smaller than the window.
constexpr int pool_output_extent(int extent, const PoolShape &shape) {
    const int steps = extent + 2 * shape.padding - shape.kernel;
    return steps < 0 ? 0 : steps / shape.stride + 1;
}

Status max_pool(const PoolShape &shape, TensorView<const float> input, TensorView<float> output);

// The gradient goes to the first largest pixel of a window, rows first.
Status max_pool_backward(const PoolShape &shape,
                         TensorView<const float> input,
                         TensorView<const float> grad_output,
                         TensorView<float> grad_input);

Status average_pool(const PoolShape &shape, TensorView<const float> input, TensorView<float> output);
Status average_pool_backward(const PoolShape &shape, TensorView<const float> grad_output, TensorView<float> grad_input);

// To one pixel, the mean of each channel.
Status global_average_pool(TensorView<const float> input, TensorView<float> output);
Status global_average_pool_backward(TensorView<const float> grad_output, TensorView<float> grad_input);

}  // namespace dsq
