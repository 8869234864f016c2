// The loss of a classifier: softmax and cross-entropy against smoothed labels (Szegedy et al. 2016, section 7).
#pragma once

#include <cstdint>
#include <span>

#include "dsq/status.h"
#include "operators/tensor_view.h"

namespace dsq {

// With p = softmax(logits) and the target t = (1 - smoothing) [k = label] + smoothing / classes, for each image:
//   losses(n) = - sum over k of t(k) log p(k)
//   predictions(n): the class of the largest logit, the first of them; a NaN counts as the smallest
//   grad_logits(k, 0, 0, n) = (p(k) - t(k)) / batch; not written where its data is null
// Error: invalid_argument where a label is no class or smoothing is not in [0, 1), mismatched_buffers.
Status cross_entropy(TensorView<const float> logits,
                     std::span<const std::uint8_t> labels,
                     float smoothing,
                     std::span<float> losses,
                     std::span<std::int32_t> predictions,
                     TensorView<float> grad_logits);

}  // namespace dsq
