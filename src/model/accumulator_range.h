/// What the accumulators of a convolution can be, whatever codes it reads.
#pragma once

#include <cstdint>
#include <optional>

#include "model/code_range.h"
#include "model/code_weights.h"

namespace dsq {

struct AccumulatorRange {
    std::int64_t low = 0, high = 0;
};

/// Of an output channel: (sum of weight * code) << offset_shift, plus offset * (sum of codes).
AccumulatorRange accumulator_range(
    const CodeWeights &weights, int out, CodeRange codes, int offset_shift, std::int64_t offset);

/// The first output channel for which 32 bits do not hold them, both parts by themselves too, and one more above: a
/// threshold that no accumulator reaches. Nothing where they hold all.
std::optional<int> first_overflow(const CodeWeights &weights, CodeRange codes, int offset_shift, std::int64_t offset);

}  // namespace dsq
