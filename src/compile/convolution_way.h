/// The ways of adding up a convolution of codes (generators/conv2d_codes_*.cpp).
#pragma once

#include <span>
#include <string_view>

#include "dsq/status.h"
#include "model/code_range.h"
#include "model/code_weights.h"

namespace dsq {

enum class ConvolutionWay {
    mla,              ///< runs in 8 bits, these in 16, and in 32 where 16 do not hold them
    mla_sadalp,       ///< the same, neighbouring input channels with a sum each, which one instruction adds
    mla_paper,        ///< the same with the paper's runs, from ranges alone: 31, 7 and 1 at 2, 3 and 4 bits
    smlal,            ///< products in 16 bits
    smlal_sadalp,     ///< the same, neighbouring input channels with a sum each, which one instruction adds in 32
    winograd,         ///< F(2x2, 3x3), runs in 8 bits where they gain, else products in 16
    winograd_sadalp,  ///< the same, neighbouring input channels with a sum each, which one instruction adds
    winograd_smlal,   ///< F(2x2, 3x3), products in 16 bits
    popcount,         ///< one or two bits on both sides
    dot,              ///< dot products of four bytes
    pairs,            ///< pairs of products, on x86
    depthwise,        ///< of each channel by itself
    wide,             ///< weights of 16 bits, on Arm of more than 4 too: products in 32
};

std::string_view name(ConvolutionWay way);
/// Error: invalid_argument, with the names that there are.
Status find_way(std::string_view name, ConvolutionWay &way);
/// All of them.
std::span<const ConvolutionWay> convolution_ways();
/// "conv2d_codes_mla"
std::string_view generator_of(ConvolutionWay way);

/// Pixels x output channels whose sums are in registers (Winograd: tiles of 2x2 pixels).
struct Tile {
    int pixels = 4;
    int channels = 32;

    bool operator==(const Tile &) const = default;
};

/// What a way is planned for.
struct ConvolutionOperands {
    const CodeWeights &weights;
    CodeRange weight_range, input_range;
    int input_bits = 8;
    int stride = 1;
    bool depthwise = false;
    bool is_x86 = false;  ///< dot: activations without a sign
};

/// Whether weights take more than 8 bits.
bool is_wide(const ConvolutionOperands &operands);

/// Whether the way computes such a layer at all.
bool is_for(ConvolutionWay way, const ConvolutionOperands &operands);

}  // namespace dsq
