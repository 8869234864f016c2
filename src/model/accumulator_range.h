/// What the accumulators of a convolution can be, whatever codes it reads.
#pragma once

#include <cstdint>

#include "model/code_range.h"
#include "model/code_weights.h"

namespace dsq {

struct AccumulatorRange {
    std::int64_t low = 0, high = 0;
};

/// Of an output channel: (sum of weight * code) << offset_shift, plus offset * (sum of codes).
AccumulatorRange accumulator_range(
    const CodeWeights &weights, int out, CodeRange codes, int offset_shift, std::int64_t offset);

/// Whether 32 bits hold them for every output channel, both parts by themselves too, and one more above: a threshold
/// that no accumulator reaches.
bool accumulators_fit(const CodeWeights &weights, CodeRange codes, int offset_shift, std::int64_t offset);

}  // namespace dsq
