#include "compile/lower_convolution.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

namespace dsq {
namespace {

constexpr std::int64_t largest_accumulator = std::numeric_limits<std::int32_t>::max() - 1;  // a threshold lies above
constexpr int largest_offset_shift = 16;

class Convolution {
public:
    Convolution(const IntegerWeights &weights, const WeightExtents &extents, bool depthwise, const OperandValues &input)
        : weights_(weights), extents_(extents), depthwise_(depthwise), input_(input) {
    }

    // Calls with(integer of the weight, channel of the input) for all weights of an output channel.
    template <typename With>
    void for_each_weight(int out, With with) const {
        const int window = extents_.kernel * extents_.kernel;
        for (int in = 0; in < extents_.in_channels; ++in) {
            for (int tap = 0; tap < window; ++tap) {
                const int index = (out * extents_.in_channels + in) * window + tap;
                with(int{weights_.values[static_cast<std::size_t>(index)]}, depthwise_ ? out : in);
            }
        }
    }

    // The least and the largest accumulator with (weight << shift) + offset for the weights.
    AccumulatorRange range(int out, int shift, std::int64_t offset) const {
        AccumulatorRange range;
        for_each_weight(out, [&](int weight, int) {
            const std::int64_t factor = (std::int64_t{weight} << shift) + offset;
            const auto [low, high] = std::minmax({factor * input_.range.low, factor * input_.range.high});
            range.low += low;
            range.high += high;
        });
        return range;
    }
    std::vector<AccumulatorRange> ranges(int shift, std::int64_t offset) const {
        std::vector<AccumulatorRange> all;
        for (int out = 0; out < extents_.out_channels; ++out) all.push_back(range(out, shift, offset));
        return all;
    }

    // What the padding of a sum of products by the inputs' base adds up to.
    double constant(int out) const {
        const double scale = weights_.scale[static_cast<std::size_t>(out)];
        double sum = 0.0;
        for_each_weight(out, [&](int weight, int channel) {
            sum += (weights_.base + scale * weight) * input_.base[static_cast<std::size_t>(channel)];
        });
        return sum;
    }

private:
    const IntegerWeights &weights_;
    WeightExtents extents_;
    bool depthwise_;
    const OperandValues &input_;
};

bool fit(const std::vector<AccumulatorRange> &ranges) {
    return std::all_of(ranges.begin(), ranges.end(), [](const AccumulatorRange &range) {
        return range.low >= -largest_accumulator && range.high <= largest_accumulator;
    });
}

// base / scale of the weights in units of 2^-shift, as fine as the accumulators allow, no finer than it takes.
Status choose_offset(const Convolution &of, const IntegerWeights &weights, IntegerConvolution &result) {
    ConvolutionNode &node = result.node;
    result.ranges = of.ranges(0, 0);
    const Status too_large{ErrorCode::invalid_argument, "expected sums that 32 bits hold, found larger ones"};
    if (!fit(result.ranges)) return too_large;
    if (weights.base == 0.0) return {};
    const double ratio = weights.base / weights.scale.front();
    for (int shift = 0; shift <= largest_offset_shift; ++shift) {
        const double exact = std::ldexp(ratio, shift);
        const bool is_large = std::abs(exact) > static_cast<double>(largest_accumulator);
        const auto offset = static_cast<std::int32_t>(is_large ? 0 : std::lround(exact));
        std::vector<AccumulatorRange> ranges = of.ranges(shift, offset);
        if (is_large || !fit(ranges)) return shift == 0 ? too_large : Status{};
        node.offset = offset;
        node.offset_shift = shift;
        result.ranges = std::move(ranges);
        if (exact == offset) break;
    }
    return {};
}

}  // namespace

Status lower_convolution(const IntegerWeights &weights,
                         const WeightExtents &extents,
                         bool depthwise,
                         const OperandValues &input,
                         const Normalization &normalization,
                         IntegerConvolution &convolution) {
    IntegerConvolution result;
    result.node.weights = {extents.out_channels, extents.in_channels, extents.kernel, weights.values};
    result.node.weight_range = weights.range;
    result.node.weight_bits = weights.bits;
    result.node.depthwise = depthwise;
    const Convolution of(weights, extents, depthwise, input);
    if (Status status = choose_offset(of, weights, result); !status.ok()) return status;
    for (int out = 0; out < extents.out_channels; ++out) {
        const auto c = static_cast<std::size_t>(out);
        const double unit = std::ldexp(weights.scale[c] * input.scale, -result.node.offset_shift);
        result.real.scale.push_back(static_cast<float>(double{normalization.scale[c]} * unit));
        result.real.shift.push_back(
            static_cast<float>(double{normalization.scale[c]} * of.constant(out) + double{normalization.shift[c]}));
    }
    convolution = std::move(result);
    return {};
}

}  // namespace dsq
