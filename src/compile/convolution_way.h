/// The ways of adding up a convolution of codes (generators/conv2d_codes_*.cpp), planned for one layer: the generator's
/// parameters, as far as they follow from the layer's shape and weights, and the weights as the way reads them.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dsq/status.h"
#include "model/code_range.h"
#include "model/code_weights.h"
#include "model/safetensors.h"

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

struct ConvolutionPlan {
    std::map<std::string, std::string> parameters;  ///< of the generator, besides those of the layer's shape
    ElementType weight_type = ElementType::i8;
    std::vector<std::int8_t> weights;        ///< packed: the bytes
    std::array<int, 5> weight_extents = {};  ///< lane, step, kx, ky, tile
    std::vector<std::int32_t> start;         ///< of the sums of all tiles' channels; empty: 0
    int sum_bits = 32;                       ///< of the accumulators: 16 or 32
    int row_channels = 0;  ///< bytes that a window sees of a row, where they count as one tap's channels
};

/// Whether the way computes such a layer at all.
bool is_for(ConvolutionWay way, const ConvolutionOperands &operands);

/// The order of the input channels in which the weights come is that of `order` (empty: as they are): the input must
/// have them in it too. Error: invalid_argument where the way cannot compute the layer exactly.
Status plan_convolution(ConvolutionWay way,
                        const ConvolutionOperands &operands,
                        Tile tile,
                        std::span<const int> order,
                        ConvolutionPlan &plan);

/// The weights with their input channels in this order.
CodeWeights reordered(const CodeWeights &weights, std::span<const int> order);

}  // namespace dsq
