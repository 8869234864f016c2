/// A pass over the graph of integers: gives channels other numbers, such that runs of products in 8 bits are long
/// (channel_order.h). What is computed does not change, only where channels lie.
///
/// Tensors whose channels must lie alike (a residual and the sum that it is added to, both sides of a pooling) are
/// renumbered together. The image, the logits and what a shortcut pads keep their order.
#pragma once

#include "model/integer_graph.h"

namespace dsq {

/// For a valid graph; it stays one.
void order_channels(IntegerGraph &graph);

}  // namespace dsq
