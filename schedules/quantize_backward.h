// How the backward pass of a quantizer runs: one sweep that writes dx and adds up the sums of its slice.
#pragma once

#include <Halide.h>

#include "schedules/sliced_reduction.h"

namespace dsq::schedules {

struct QuantizeBackwardStages {
    SlicedReductionStages sums;
    Halide::Func grad_input;  // (i); its update runs over `sums.slices`
};

inline void quantize_backward(QuantizeBackwardStages stages) {
    const Halide::RDom &slices = stages.sums.slices;
    sliced_reduction(stages.sums);
    // Both updates compute the same terms: in one loop body the compiler computes them once.
    stages.grad_input.update().allow_race_conditions().vectorize(slices.x).parallel(slices.z);
    stages.grad_input.update().compute_with(
        stages.sums.partial.update(), slices.y, Halide::LoopAlignStrategy::AlignStart);
}

}  // namespace dsq::schedules
