/// What each node of an IntegerGraph computes, for one image: the definition that compiled kernels must equal.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/image_tensors.h"
#include "model/integer_graph.h"

namespace dsq {

/// floor(clamp(x * 255, 0, 255) + 1/2), each operation rounded; a NaN gives 0.
std::uint8_t pixel_of(float x);

/// Those of a convolution, in the order in which it meets them; empty for other nodes.
std::vector<std::int16_t> ordered_weights(const IntegerNode &node);

/// Computes the tensors that `node` writes from those that it reads. The graph is valid (integer_graph.h). `weights`:
/// ordered_weights(node), made once for many images.
void evaluate(const IntegerNode &node, std::span<const std::int16_t> weights, ImageTensors &image);
void evaluate(const IntegerNode &node, ImageTensors &image);

}  // namespace dsq
