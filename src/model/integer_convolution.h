/// What a ConvolutionNode computes, for one image: part of the definition (integer_nodes.h), and where its time goes.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/image_tensors.h"

namespace dsq {

/// [out][ky][kx][in]: the order in which windows meet them.
std::vector<std::int16_t> in_order_of_windows(const CodeWeights &weights);

/// `weights`: those of the node, in the order of windows.
void convolve(const ConvolutionNode &node, std::span<const std::int16_t> weights, ImageTensors &image);

}  // namespace dsq
