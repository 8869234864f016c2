/// Winograd's F(2x2, 3x3) on codes, exactly: 16 products instead of 36 for 2x2 outputs.
///
/// Weights are transformed with 2G in each direction, so all stays an integer, and results are 4 times the sum.
/// Source: Lavin and Gray, CVPR 2016.
#pragma once

#include <array>

#include "compile/code_range.h"
#include "compile/code_weights.h"
#include "dsq/status.h"

namespace dsq {

constexpr int winograd_extent = 4;      ///< of the transformed domain, in each direction
constexpr int winograd_positions = 16;  ///< of it in all

using WinogradRanges = std::array<CodeRange, winograd_positions>;  ///< [y][x]

/// transformed: 2G w (2G)^T of each 3x3 window, as weights of kernel 4. Errors: invalid_argument where the kernel is
/// not 3, or a transformed weight does not fit 8 bits (those of 4 bits and fewer do).
Status transform_weights(const CodeWeights &weights, CodeWeights &transformed);

/// What the transformed input B^T d B takes at each position. Errors: invalid_argument where it does not fit 8 bits
/// (that of codes of 6 bits and fewer does).
Status transform_range(CodeRange activations, WinogradRanges &transformed);

}  // namespace dsq
