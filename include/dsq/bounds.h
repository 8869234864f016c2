/// Where clip bounds and alpha start, and how they are kept in range.
#pragma once

#include <cstddef>
#include <span>

#include "dsq/quantizer.h"
#include "dsq/status.h"

namespace dsq {

/// Statistics of a tensor.
struct Statistics {
    std::size_t count = 0;
    double minimum = 0;
    double maximum = 0;
    double mean = 0;
    double standard_deviation = 0;  ///< of the population (divided by count)
};

/// One sweep over x. Same bits for any number of threads.
/// Error: mismatched_buffers for an empty or null x, non_finite where x holds a NaN or an infinity.
Status compute_statistics(std::span<const float> x, Statistics &statistics);

/// Sets l and u from the statistics of a tensor:
/// - weights: mean +- 2.6 standard deviations, within minimum..maximum (the paper, section 3.4);
/// - activations that are never negative (after a ReLU): l = 0, u = 2.1 standard deviations / sqrt(1 - 2 / pi);
///   others: as weights;
/// - pact, pact_dsq: l = 0; binary: -1 and +1; DoReFa: +-max|x| for weights, 0 and 1 for activations.
/// At least `smallest_range` apart. Error: as validate, for what the quantizer holds besides its bounds.
Status initialize_bounds(Quantizer &quantizer, const Statistics &statistics);

/// Moves l and u towards the bounds that the statistics of this batch would start from: momentum * old + (1 - momentum)
/// * new. For BoundsMode::moving_average; others are left alone. Error: momentum outside [0, 1).
Status update_moving_average(Quantizer &quantizer, const Statistics &statistics, float momentum = 0.9F);

/// After each step of the optimizer: alpha back into [smallest_alpha, largest_alpha], u - l to at least
/// `smallest_range` (around their middle; pact keeps l = 0). Error: non_finite where a parameter is no finite number;
/// nothing is changed then.
Status project(Quantizer &quantizer);

/// The paper's bound on alpha (eq. 9) as a penalty on the loss: weight * alpha^2, and its derivative.
struct Penalty {
    float value;
    float gradient;
};
Penalty alpha_penalty(float alpha, float weight);

}  // namespace dsq
