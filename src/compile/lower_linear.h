/// A trained fully connected layer as one of integers.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "compile/trained_layer.h"
#include "model/integer_graph.h"

namespace dsq {

/// Weights [out][y][x][channel], the order of the layout of images, from [out][channel][y][x].
std::vector<std::int16_t> in_layout(const Shape &in, const std::vector<std::int16_t> &weights);

/// A layer of reals, without input and output, of 8-bit weights in the order of the layout: with as many bits of the
/// activations as 32-bit sums leave.
LinearNode linear_node(const IntegerWeights &weights, std::span<const float> bias);

}  // namespace dsq
