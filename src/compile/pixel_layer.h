/// A first layer that was trained in float32, on normalized pixels, as one of integers on pixels as they are.
///
/// Its padding stands for the mean of the pixels, which is no whole one: the nearest takes its place, and one more
/// input channel that is 0 in the image and 1 outside (InputNode) has what is missing as its weight.
#pragma once

#include <span>
#include <vector>

#include "compile/lower_convolution.h"
#include "model/network.h"

namespace dsq {

constexpr CodeRange pixel_range{-128, 127};  ///< of codes, pixel - 128

/// Of each channel: the code of the pixel that is nearest to the mean; then 1, the channel that marks the outside.
std::vector<int> pixel_padding(const Network &network);

/// What the codes stand for, the marking channel's too, once weights are those of pixel_weights.
OperandValues pixel_values(const Network &network);

/// Weights [out][in][window] divided by the deviations, with the marking channel behind each output channel's own.
std::vector<double> pixel_weights(const Network &network, std::span<const float> weights, std::size_t window);

}  // namespace dsq
