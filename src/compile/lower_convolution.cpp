#include "compile/lower_convolution.h"

#include <cmath>
#include <limits>
#include <string>

namespace dsq {
namespace {

constexpr int largest_offset_shift = 30;

// base / scale of the weights in units of 2^-shift, as fine as the accumulators allow, no finer than it takes.
Status choose_offset(const IntegerWeights &weights, CodeRange codes, ConvolutionNode &node) {
    const double ratio = weights.base / weights.scale.front();
    for (int shift = 0; shift <= largest_offset_shift; ++shift) {
        const double exact = std::ldexp(ratio, shift);
        const bool is_large = std::abs(exact) > static_cast<double>(std::numeric_limits<std::int32_t>::max());
        const auto offset = static_cast<std::int32_t>(is_large ? 0 : std::lround(exact));
        if (is_large || first_overflow(node.weights, codes, shift, offset)) {
            if (shift > 0) return {};
            return {ErrorCode::invalid_argument, "expected sums that 32 bits hold, found larger ones"};
        }
        node.offset = offset;
        node.offset_shift = shift;
        if (exact == offset) break;
    }
    return {};
}

// What the base of the inputs adds to every sum.
double constant_of(
    const CodeWeights &integers, int out, const IntegerWeights &weights, bool depthwise, const OperandValues &input) {
    const int window = integers.kernel * integers.kernel;
    double sum = 0.0;
    for (int in = 0; in < integers.in_channels; ++in) {
        for (int tap = 0; tap < window; ++tap) {
            const int integer = integers.at(out, in, tap / integers.kernel, tap % integers.kernel);
            const double weight = weights.base + weights.scale[static_cast<std::size_t>(out)] * integer;
            sum += weight * input.base[static_cast<std::size_t>(depthwise ? out : in)];
        }
    }
    return sum;
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
    const ConvolutionNode &node = result.node;
    if (Status status = choose_offset(weights, input.range, result.node); !status.ok()) return status;
    for (int out = 0; out < extents.out_channels; ++out) {
        const auto c = static_cast<std::size_t>(out);
        result.ranges.push_back(accumulator_range(node.weights, out, input.range, node.offset_shift, node.offset));
        const double unit = std::ldexp(weights.scale[c] * input.scale, -node.offset_shift);
        result.real.scale.push_back(static_cast<float>(double{normalization.scale[c]} * unit));
        result.real.shift.push_back(static_cast<float>(double{normalization.scale[c]} *
                                                           constant_of(node.weights, out, weights, depthwise, input) +
                                                       double{normalization.shift[c]}));
        const float scale = result.real.scale.back(), shift = result.real.shift.back();
        if (!std::isfinite(scale) || !std::isfinite(shift)) {
            return {ErrorCode::non_finite,
                    "expected outputs that float32 holds, found a scale of " + std::to_string(scale) +
                        " and a shift of " + std::to_string(shift) + " in channel " + std::to_string(out)};
        }
    }
    convolution = std::move(result);
    return {};
}

}  // namespace dsq
