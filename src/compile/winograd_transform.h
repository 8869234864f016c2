/// Winograd's F(2x2, 3x3) on codes, exactly: 16 products instead of 36 for 2x2 outputs.
///
/// Weights are transformed with the rows of G, the two middle ones without their factor 1/2, so all stays an integer.
/// The factor is in the output transform, (m0 + (m1 + m2) / 2, (m1 - m2) / 2 - m3): these halves are integers, and an
/// instruction takes them without an overflow, so the result needs no more bits than the sum. Source: Lavin and Gray,
/// CVPR 2016.
#pragma once

#include <array>

#include "dsq/status.h"
#include "model/code_range.h"
#include "model/code_weights.h"

namespace dsq {

constexpr int winograd_extent = 4;      ///< of the transformed domain, in each direction
constexpr int winograd_positions = 16;  ///< of it in all

using WinogradRanges = std::array<CodeRange, winograd_positions>;  ///< [y][x]

/// transformed: G w G^T, with G as above, of each 3x3 window, as weights of kernel 4. Errors: invalid_argument where
/// the kernel is not 3, or a transformed weight does not fit 8 bits (those of 4 bits and fewer do).
Status transform_weights(const CodeWeights &weights, CodeWeights &transformed);

/// What the transformed input B^T d B takes at each position. Errors: invalid_argument where it does not fit 8 bits
/// (that of codes of 6 bits and fewer does).
Status transform_range(CodeRange activations, WinogradRanges &transformed);

/// Whether sums of this many bits are exact: those of all outputs, and those that the output transform, along y first,
/// takes halves of. The others may wrap. For weights that transform_weights takes.
bool winograd_fits(const CodeWeights &weights, CodeRange activations, int bits);

}  // namespace dsq
