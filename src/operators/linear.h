// The fully connected layer. An image counts as one long vector, [channel, x, y], so tensors have no borders.
// weights: dense [out, in], out innermost. Error: mismatched_buffers.
#pragma once

#include <span>

#include "dsq/status.h"
#include "operators/tensor_view.h"

namespace dsq {

// output(o, 0, 0, n) = bias(o) + sum over i of weights(o, i) * input(i, n). An empty bias counts as 0.
Status linear(TensorView<const float> input,
              std::span<const float> weights,
              std::span<const float> bias,
              TensorView<float> output);

Status linear_backward_input(TensorView<const float> grad_output,
                             std::span<const float> weights,
                             TensorView<float> grad_input);

// Same bits for any number of threads. An empty grad_bias is not written.
Status linear_backward_weight(TensorView<const float> input,
                              TensorView<const float> grad_output,
                              std::span<float> grad_weights,
                              std::span<float> grad_bias);

}  // namespace dsq
