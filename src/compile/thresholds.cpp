#include "compile/thresholds.h"

#include <algorithm>

#include "model/real_epilogue.h"

namespace dsq {
namespace {

// The first in [low, high] at which a monotone condition holds; high + 1 where it never does.
template <typename Condition>
std::int64_t first_where(std::int64_t low, std::int64_t high, Condition holds) {
    ++high;
    while (low < high) {
        const std::int64_t middle = low + (high - low) / 2;
        if (holds(middle)) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

}  // namespace

ThresholdEpilogue thresholds_of(const RealEpilogue &real,
                                const CodeGrid &grid,
                                std::span<const AccumulatorRange> ranges) {
    const std::size_t channels = real.scale.size();
    ThresholdEpilogue result{.lowest = grid.lowest, .distance = grid.distance};
    result.thresholds.resize(channels * static_cast<std::size_t>(grid.levels));
    bool flips = false;
    for (std::size_t c = 0; c < channels; ++c) {
        const std::int64_t flip = real.scale[c] < 0.0F ? -1 : 0;
        flips = flips || flip != 0;
        result.flips.push_back(static_cast<std::int32_t>(flip));
        const auto [low, high] = std::minmax({ranges[c].low ^ flip, ranges[c].high ^ flip});
        for (int level = 1; level <= grid.levels; ++level) {
            const int wanted = grid.lowest + grid.distance * level;
            const std::int64_t threshold = first_where(low, high, [&](std::int64_t flipped) {
                const auto accumulator = static_cast<std::int32_t>(flipped ^ flip);
                return code_of(grid, real_of(real, c, accumulator)) >= wanted;
            });
            result.thresholds[static_cast<std::size_t>(level - 1) * channels + c] =
                static_cast<std::int32_t>(threshold);
        }
    }
    if (!flips) result.flips.clear();
    return result;
}

}  // namespace dsq
