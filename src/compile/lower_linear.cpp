#include "compile/lower_linear.h"

#include <limits>

namespace dsq {

std::vector<std::int16_t> in_layout(const Shape &in, const std::vector<std::int16_t> &weights) {
    const std::size_t size = element_count(in), channels = static_cast<std::size_t>(in.channels);
    const std::size_t pixels = size / channels;
    std::vector<std::int16_t> result(weights.size());
    for (std::size_t at = 0; at < weights.size(); ++at) {
        const std::size_t out = at / size, channel = at / pixels % channels, pixel = at % pixels;
        result[out * size + pixel * channels + channel] = weights[at];
    }
    return result;
}

LinearNode linear_node(const IntegerWeights &weights, std::span<const float> bias) {
    LinearNode node;
    node.weights.assign(weights.values.begin(), weights.values.end());
    node.scale.assign(weights.scale.begin(), weights.scale.end());
    node.bias.assign(bias.begin(), bias.end());
    const auto inputs = static_cast<std::int64_t>(weights.values.size() / bias.size());
    const std::int64_t largest_sum = weights.range.high * inputs;
    const auto highest = [&] { return (std::int64_t{1} << (node.activation_bits - 1)) - 1; };
    while (node.activation_bits > 2 && highest() * largest_sum > std::numeric_limits<std::int32_t>::max()) {
        --node.activation_bits;
    }
    return node;
}

}  // namespace dsq
