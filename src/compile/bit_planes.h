/// Codes of one or two bits as planes of bits, for conv2d_codes_popcount.
///
/// A bit stands for -1 or +1. Codes of one bit are these; a code of two bits, -2 to 1, is (2 upper + lower - 1) / 2.
/// With K products in a window and D the differing bits of all pairs of planes, each as much as it counts (1, 2 or 4),
/// the sum of weight * activation is half of `start` - D - (sum of the window's activations): 2 D with one plane on a
/// side, and without the activations if the weights have one plane.
#pragma once

#include <cstdint>
#include <vector>

#include "model/code_range.h"
#include "model/code_weights.h"

namespace dsq {

/// Input channels whose bits an instruction takes.
constexpr int plane_channels = 16;

/// Planes of such codes; 0: they have other values.
int bit_planes(CodeRange range);

/// Packed for the kernel: [tile][ky][kx][16 input channels][plane][channel of the tile][2], each byte eight input
/// channels, the first in its lowest bit.
std::vector<std::int8_t> pack_planes(const CodeWeights &weights, int tile_channels, int planes);

/// What the sums of each output channel begin at.
std::vector<std::int32_t> planes_start(const CodeWeights &weights, int weight_planes, int activation_planes);

}  // namespace dsq
