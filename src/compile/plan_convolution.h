/// A way of adding up, planned for one layer: the generator's parameters, as far as they follow from the layer's shape
/// and weights, and the weights as the way reads them.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "compile/convolution_way.h"
#include "dsq/status.h"
#include "model/code_weights.h"
#include "model/safetensors.h"

namespace dsq {

struct ConvolutionPlan {
    std::map<std::string, std::string> parameters;  ///< of the generator, besides those of the layer's shape
    ElementType weight_type = ElementType::i8;
    std::vector<std::int8_t> weights;        ///< packed: the bytes
    std::array<int, 5> weight_extents = {};  ///< lane, step, kx, ky, tile
    std::vector<std::int32_t> start;         ///< of the sums of all tiles' channels; empty: 0
    int sum_bits = 32;                       ///< of the accumulators: 16 or 32
    int row_channels = 0;  ///< bytes that a window sees of a row, where they count as one tap's channels
};

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
