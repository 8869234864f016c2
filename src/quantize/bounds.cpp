#include "dsq/bounds.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "dsq_statistics.h"
#include "quantize/tensor.h"
#include "runtime/kernel_call.h"

namespace dsq {
namespace {

struct Bounds {
    double lower;
    double upper;
};

// At least `smallest_range` apart, around their middle or, where l is fixed, above it.
Bounds apart(Bounds bounds, bool lower_is_fixed) {
    const double missing = smallest_range - (bounds.upper - bounds.lower);
    if (missing <= 0) return bounds;
    if (lower_is_fixed) return {bounds.lower, bounds.lower + smallest_range};
    return {bounds.lower - missing / 2, bounds.upper + missing / 2};
}

bool clips_at_zero(Method method) {
    return method == Method::pact || method == Method::pact_dsq;
}

// Float32 rounding must not bring them together again, nor make a symmetric pair uneven.
void set_bounds(Quantizer &quantizer, Bounds bounds) {
    quantizer.lower = static_cast<float>(bounds.lower);
    quantizer.upper = static_cast<float>(bounds.upper);
    while (quantizer.upper - quantizer.lower < smallest_range) {
        quantizer.upper = std::nextafter(quantizer.upper, std::numeric_limits<float>::infinity());
    }
}

// Within minimum..maximum: 2.6 standard deviations around the mean (the paper, section 3.4).
Bounds around_mean(const Statistics &statistics) {
    constexpr double deviations = 2.6;
    const double reach = deviations * statistics.standard_deviation;
    return {std::max(statistics.mean - reach, statistics.minimum),
            std::min(statistics.mean + reach, statistics.maximum)};
}

// Above zero: 2.1 standard deviations of the normal distribution whose positive half has the deviation that was
// measured.
double above_zero(const Statistics &statistics) {
    constexpr double deviations = 2.1;
    return deviations * statistics.standard_deviation / std::sqrt(1.0 - 2.0 / std::numbers::pi);
}

Bounds start_bounds(const Quantizer &quantizer, const Statistics &statistics) {
    const bool weights = quantizer.operand == Operand::weights;
    if (quantizer.method == Method::binary) return {-1.0, 1.0};
    if (quantizer.method == Method::dorefa) {
        const double largest = std::max(std::fabs(statistics.minimum), std::fabs(statistics.maximum));
        const double magnitude = std::max(largest, double{smallest_range});
        return weights ? Bounds{-magnitude, magnitude} : Bounds{0.0, 1.0};
    }
    const bool from_zero = clips_at_zero(quantizer.method) || (!weights && statistics.minimum >= 0.0);
    const Bounds bounds = from_zero ? Bounds{0.0, above_zero(statistics)} : around_mean(statistics);
    return apart(bounds, from_zero);
}

}  // namespace

Status compute_statistics(std::span<const float> x, Statistics &statistics) {
    if (Status status = check_tensors({{"x", x}}); !status.ok()) return status;
    if (x.empty()) return {ErrorCode::mismatched_buffers, "x: no elements, expected at least one"};
    double moments[4] = {};
    Status status =
        runtime::call_kernel("statistics", [&] { return dsq_statistics(view(x), view(std::span<double>(moments))); });
    if (!status.ok()) return status;
    const auto [minimum, maximum, sum, squares] = moments;
    if (!std::isfinite(sum) || !std::isfinite(squares)) {
        return {ErrorCode::non_finite, "x: holds a NaN, an infinity or numbers whose squares overflow"};
    }
    const auto count = static_cast<double>(x.size());
    const double mean = sum / count;
    statistics = {x.size(), minimum, maximum, mean, std::sqrt(std::max(squares / count - mean * mean, 0.0))};
    return {};
}

Status initialize_bounds(Quantizer &quantizer, const Statistics &statistics) {
    Quantizer started = quantizer;
    set_bounds(started, start_bounds(quantizer, statistics));
    Status status = validate(started);
    if (status.ok()) quantizer = started;
    return status;
}

Status update_moving_average(Quantizer &quantizer, const Statistics &statistics, float momentum) {
    if (!(momentum >= 0.0F && momentum < 1.0F)) {
        return {ErrorCode::invalid_argument, "momentum = " + std::to_string(momentum) + ": expected 0 to below 1"};
    }
    if (quantizer.bounds != BoundsMode::moving_average) return {};
    Quantizer batch = quantizer;
    if (Status status = initialize_bounds(batch, statistics); !status.ok()) return status;
    const auto average = [&](float before, float now) {
        return double{momentum} * double{before} + (1.0 - double{momentum}) * double{now};
    };
    set_bounds(quantizer, {average(quantizer.lower, batch.lower), average(quantizer.upper, batch.upper)});
    return {};
}

Status project(Quantizer &quantizer) {
    for (const auto &[field, number] :
         {std::pair{"lower", quantizer.lower}, {"upper", quantizer.upper}, {"alpha", quantizer.alpha}}) {
        if (!std::isfinite(number)) {
            return {ErrorCode::non_finite,
                    std::string(field) + " = " + std::to_string(number) + ": expected a finite number"};
        }
    }
    quantizer.alpha = std::clamp(quantizer.alpha, smallest_alpha, largest_alpha);
    set_bounds(quantizer, apart({quantizer.lower, quantizer.upper}, clips_at_zero(quantizer.method)));
    return {};
}

Penalty alpha_penalty(float alpha, float weight) {
    return {weight * alpha * alpha, 2.0F * weight * alpha};
}

}  // namespace dsq
