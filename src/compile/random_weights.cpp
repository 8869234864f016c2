#include "compile/random_weights.h"

#include <algorithm>

#include "data/random.h"
#include "model/code_range.h"

namespace dsq {
namespace {

// Twelve uniform numbers have variance 1, and up to the clip a sum that is as good as normal. In units of 2^-32.
std::int64_t normal(const Random &random, std::size_t index) {
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < 6; ++i) {
        const std::uint64_t bits = random(6 * index + i);
        sum += static_cast<std::int64_t>(bits >> 32U) + static_cast<std::int64_t>(bits & 0xFFFFFFFFU);
    }
    return sum - (std::int64_t{6} << 32U);
}

}  // namespace

CodeWeights random_weights(int out_channels, int in_channels, int kernel, int bits, std::uint64_t seed) {
    constexpr std::int64_t clip = 11166914969;  // 2.6 * 2^32, rounded down
    const Random random(seed, 0, 0);
    CodeWeights weights{out_channels, in_channels, kernel, {}};
    weights.values.resize(static_cast<std::size_t>(out_channels) * static_cast<std::size_t>(in_channels) *
                          static_cast<std::size_t>(kernel * kernel));
    const std::int64_t steps = (std::int64_t{1} << bits) - 1;
    for (std::size_t i = 0; i < weights.values.size(); ++i) {
        const std::int64_t offset = std::clamp(normal(random, i), -clip, clip) + clip;
        const std::int64_t code = (offset * steps + clip) / (2 * clip);  // half a step rounds up
        weights.values[i] = static_cast<std::int16_t>(code + shifted_range(bits).low);
    }
    return weights;
}

}  // namespace dsq
