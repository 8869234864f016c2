/// The order in which the kernels of codes read their weights (generators/low_bit_convolution.h).
#pragma once

#include <cstdint>
#include <vector>

#include "dsq/status.h"
#include "model/code_weights.h"

namespace dsq {

/// For conv2d_codes_mla and _smlal: [tile of output channels][ky][kx][in][channel of the tile]; zeros for the channels
/// that the last tile has too many. depthwise_conv2d_codes has one tile of all channels, and 1 input channel.
std::vector<std::int8_t> pack_tiles(const CodeWeights &weights, int tile_channels);

/// For conv2d_codes_dot (a group of 4), _pairs, _mla and _smlal with groups (of 2): [tile][ky][kx][group of input
/// channels][channel of the tile][channel of the group]; zeros for the input channels that the last group has too many.
std::vector<std::int8_t> pack_groups(const CodeWeights &weights, int tile_channels, int group_size);

/// The weights of a window's rows as input channels of one tap, one row after the other: those of a row are [kx][in],
/// and zeros up to `row_channels`. Packed, they are in the order of a kernel that has `row_channels`.
CodeWeights rows_as_channels(const CodeWeights &weights, int row_channels);

/// pack_groups for conv2d_codes_wide, whose weights have 16 bits.
std::vector<std::int16_t> pack_wide(const CodeWeights &weights, int tile_channels, int group_size);

/// For conv2d_codes_winograd: [tile of output channels][y][x of the transformed domain][in][channel of the tile], zeros
/// as in pack_tiles. Errors: those of transform_weights.
Status pack_winograd(const CodeWeights &weights,
                     int tile_channels,
                     std::vector<std::int8_t> &packed,
                     int group_size = 1);

}  // namespace dsq
