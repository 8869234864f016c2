// Batch normalization, fused with what follows it: the addition of a residual, an activation that clamps (ReLU, ReLU6,
// hardtanh), and the quantizer of the next layer's input. Source: Ioffe and Szegedy 2015.
//
//   sum = scale * x + shift + residual        scale = gamma / deviation, shift = beta - scale * mean, per channel
//   output = clamp(sum)
//   quantized = Q(output)
//
// Tensors may have borders; only the images themselves are read and written. Spans hold one number a channel.
// Results have the same bits for any number of threads. Errors: mismatched_buffers where extents do not fit each other.
#pragma once

#include <limits>
#include <span>

#include "dsq/quantize.h"
#include "dsq/status.h"
#include "operators/tensor_view.h"

namespace dsq {

// An activation: min(max(x, lower), upper). Its derivative is 1 strictly between the bounds, 0 elsewhere.
struct Clamp {
    float lower = -std::numeric_limits<float>::infinity();
    float upper = std::numeric_limits<float>::infinity();
};
constexpr Clamp relu{0.0F, std::numeric_limits<float>::infinity()};
constexpr Clamp relu6{0.0F, 6.0F};
constexpr Clamp hardtanh{-1.0F, 1.0F};

// Mean and variance (of the population) of each channel over a batch.
Status batch_norm_statistics(TensorView<const float> x, std::span<float> mean, std::span<float> variance);

struct BatchNormForward {
    TensorView<const float> x;
    std::span<const float> scale, shift;
    TensorView<const float> residual = {};  // null: none
    Clamp clamp = {};
    TensorView<float> output = {};     // null: not wanted
    TensorView<float> quantized = {};  // null: not wanted
    Quantizer quantizer = {};          // of `quantized`
};

// One sweep: output, quantized, or both.
Status batch_norm(const BatchNormForward &arguments);

struct BatchNormBackward {
    TensorView<const float> x;
    std::span<const float> scale, shift;              // as in the forward pass
    std::span<const float> mean, inverse_deviation;   // of x: normalized = (x - mean) * inverse_deviation
    TensorView<const float> output = {};              // of the forward pass; null where there was no residual: computed again
    Clamp clamp = {};
    TensorView<const float> grad_output = {};     // null: 0
    TensorView<const float> grad_quantized = {};  // null: there was no quantizer
    Quantizer quantizer = {};
    TensorView<float> grad_sum;                  // out: the gradient of `sum`, which is also that of the residual
    std::span<float> grad_scale, grad_shift;     // out: of gamma and beta, sums of grad_sum * normalized and of grad_sum
    ParameterGradients *quantizer_gradients = nullptr;  // out: with grad_quantized
};

// The first sweep of the backward pass: through quantizer and activation, with all its sums.
Status batch_norm_backward(const BatchNormBackward &arguments);

struct BatchNormBackwardInput {
    TensorView<const float> x, grad_sum;
    std::span<const float> scale, mean, inverse_deviation;
    std::span<const float> grad_scale, grad_shift;  // of batch_norm_backward
    TensorView<float> grad_x;                       // out
};

// The second: grad_x = scale * (grad_sum - (grad_shift + normalized * grad_scale) / count), count = width * height *
// batch.
Status batch_norm_backward_input(const BatchNormBackwardInput &arguments);

}  // namespace dsq
