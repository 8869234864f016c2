// How the backward pass of a batch normalization to its input runs: one sweep over the images, the factors of channels
// before it.
#pragma once

#include <vector>

#include "schedules/image_sweep.h"

namespace dsq::schedules {

struct BatchNormBackwardInputStages {
    ImageSweepStages sweep;
    std::vector<Halide::Func> factors;  // (c)
};

inline void batch_norm_backward_input(BatchNormBackwardInputStages s, const Halide::Target &target) {
    for (Halide::Func &factor : s.factors) factor.compute_root();
    image_sweep(s.sweep, target);
}

}  // namespace dsq::schedules
