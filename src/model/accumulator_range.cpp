#include "model/accumulator_range.h"

#include <algorithm>
#include <limits>

namespace dsq {
namespace {

constexpr std::int64_t largest_accumulator = std::numeric_limits<std::int32_t>::max() - 1;

// Of sums of (weight * scale + offset) * code. What is far beyond 32 bits stays there, so that 64 hold it.
AccumulatorRange range_of(
    const CodeWeights &weights, int out, CodeRange codes, std::int64_t scale, std::int64_t offset) {
    constexpr std::int64_t far_beyond = std::int64_t{1} << 60;
    AccumulatorRange range;
    const int count = weights.in_channels * weights.kernel * weights.kernel;
    for (int i = out * count; i < (out + 1) * count; ++i) {
        const std::int64_t factor = weights.values[static_cast<std::size_t>(i)] * scale + offset;
        const auto [low, high] = std::minmax({factor * codes.low, factor * codes.high});
        range.low = std::max(range.low + low, -far_beyond);
        range.high = std::min(range.high + high, far_beyond);
    }
    return range;
}

bool fits(const AccumulatorRange &range) {
    return range.low >= -largest_accumulator && range.high <= largest_accumulator;
}

}  // namespace

AccumulatorRange accumulator_range(
    const CodeWeights &weights, int out, CodeRange codes, int offset_shift, std::int64_t offset) {
    return range_of(weights, out, codes, std::int64_t{1} << offset_shift, offset);
}

std::optional<int> first_overflow(const CodeWeights &weights, CodeRange codes, int offset_shift, std::int64_t offset) {
    for (int out = 0; out < weights.out_channels; ++out) {
        const std::int64_t scale = std::int64_t{1} << offset_shift;
        if (!fits(range_of(weights, out, codes, scale, 0)) || !fits(range_of(weights, out, codes, 0, offset)) ||
            !fits(range_of(weights, out, codes, scale, offset))) {
            return out;
        }
    }
    return std::nullopt;
}

}  // namespace dsq
