/// What is worth trying for a convolution: ways and tiles that are legal, pruned by a model of the core.
#pragma once

#include <vector>

#include "compile/compile_target.h"
#include "compile/tuned_table.h"

namespace dsq {

/// The most promising first, all ways by turns. The model counts what an inner loop executes for a multiplication: the
/// products, the loads that a tile shares, and what a tile computes beyond the image and the channels; tiles whose sums
/// leave the registers are none. Whether the weights allow a way, plan_convolution tells.
std::vector<WayChoice> search_space(InstructionSet instruction_set, const LayerKey &layer);

}  // namespace dsq
