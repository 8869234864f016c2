/// Weights for benches and tests that are like those of a trained layer.
#pragma once

#include <cstdint>

#include "model/code_weights.h"

namespace dsq {

/// Normal, clipped at 2.6 standard deviations on both sides, quantized uniformly to 2^bits codes (bits: 1 to 8),
/// shifted (code_range.h). A function of its arguments alone: integers decide the codes, so they are the same on every
/// machine.
CodeWeights random_weights(int out_channels, int in_channels, int kernel, int bits, std::uint64_t seed);

}  // namespace dsq
