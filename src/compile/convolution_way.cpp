#include "compile/convolution_way.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "compile/bit_planes.h"

namespace dsq {
namespace {

struct WayNames {
    ConvolutionWay way;
    std::string_view name, generator;
};
constexpr WayNames ways[] = {
    {ConvolutionWay::mla, "mla", "conv2d_codes_mla"},
    {ConvolutionWay::mla_sadalp, "mla_sadalp", "conv2d_codes_mla"},
    {ConvolutionWay::mla_paper, "mla_paper", "conv2d_codes_mla"},
    {ConvolutionWay::smlal, "smlal", "conv2d_codes_smlal"},
    {ConvolutionWay::smlal_sadalp, "smlal_sadalp", "conv2d_codes_smlal"},
    {ConvolutionWay::winograd, "winograd", "conv2d_codes_winograd"},
    {ConvolutionWay::winograd_sadalp, "winograd_sadalp", "conv2d_codes_winograd"},
    {ConvolutionWay::winograd_smlal, "winograd_smlal", "conv2d_codes_winograd"},
    {ConvolutionWay::popcount, "popcount", "conv2d_codes_popcount"},
    {ConvolutionWay::dot, "dot", "conv2d_codes_dot"},
    {ConvolutionWay::pairs, "pairs", "conv2d_codes_pairs"},
    {ConvolutionWay::depthwise, "depthwise", "depthwise_conv2d_codes"},
    {ConvolutionWay::wide, "wide", "conv2d_codes_wide"},
};

bool is_within(CodeRange a, CodeRange b) {
    return a.low >= b.low && a.high <= b.high;
}

}  // namespace

std::string_view name(ConvolutionWay way) {
    return std::find_if(std::begin(ways), std::end(ways), [=](const WayNames &w) { return w.way == way; })->name;
}

std::string_view generator_of(ConvolutionWay way) {
    return std::find_if(std::begin(ways), std::end(ways), [=](const WayNames &w) { return w.way == way; })->generator;
}

Status find_way(std::string_view name, ConvolutionWay &way) {
    std::string names;
    for (const WayNames &candidate : ways) {
        if (candidate.name == name) {
            way = candidate.way;
            return {};
        }
        names += (names.empty() ? "" : ", ") + std::string(candidate.name);
    }
    return {ErrorCode::invalid_argument, "expected one of " + names + ", found '" + std::string(name) + "'"};
}

std::span<const ConvolutionWay> convolution_ways() {
    static const std::vector<ConvolutionWay> all = [] {
        std::vector<ConvolutionWay> found;
        for (const WayNames &way : ways) found.push_back(way.way);
        return found;
    }();
    return all;
}

bool is_wide(const ConvolutionOperands &operands) {
    return !is_within(operands.weight_range, signed_range(8));
}

bool is_for(ConvolutionWay way, const ConvolutionOperands &operands) {
    constexpr int widest_winograd_code = 4;
    if (operands.depthwise != (way == ConvolutionWay::depthwise)) return false;
    if (is_wide(operands) && way != ConvolutionWay::wide) return false;
    const CodeRange narrow = shifted_range(widest_winograd_code);
    switch (way) {
        case ConvolutionWay::wide:  // 16 bits hold several products of fewer bits
            return is_wide(operands) || (!operands.is_x86 && !is_within(operands.weight_range, narrow));
        case ConvolutionWay::winograd:
        case ConvolutionWay::winograd_sadalp:
        case ConvolutionWay::winograd_smlal:
            return operands.weights.kernel == 3 && operands.stride == 1 && is_within(operands.weight_range, narrow) &&
                   is_within(operands.input_range, narrow);
        case ConvolutionWay::smlal_sadalp:
            return !operands.is_x86;
        case ConvolutionWay::popcount:
            return bit_planes(operands.weight_range) > 0 && bit_planes(operands.input_range) == operands.input_bits;
        default:
            return true;
    }
}

}  // namespace dsq
