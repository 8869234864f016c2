/// The order in which the kernels of codes read their weights (generators/low_bit_convolution.h).
#pragma once

#include <cstdint>
#include <vector>

#include "compile/code_weights.h"

namespace dsq {

/// For conv2d_codes_mla and _smlal: [tile of output channels][ky][kx][in][channel of the tile]; zeros for the channels
/// that the last tile has too many.
std::vector<std::int8_t> pack_tiles(const CodeWeights &weights, int tile_channels);

}  // namespace dsq
