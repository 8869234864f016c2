/// Thresholds for what follows an accumulator: its code is a monotone function of it, so it is told by how many
/// integers the accumulator has reached, exactly.
#pragma once

#include <cstdint>
#include <span>

#include "model/accumulator_range.h"
#include "model/integer_graph.h"

namespace dsq {

/// The codes on `grid` of clamp(accumulator * scale + shift), as `real` says without a residual, for the accumulators
/// of each channel's range. Thresholds that are never reached lie one above the range, where the flipped accumulator is
/// meant.
ThresholdEpilogue thresholds_of(const RealEpilogue &real,
                                const CodeGrid &grid,
                                std::span<const AccumulatorRange> ranges);

}  // namespace dsq
