// How a batch normalization runs: one sweep over the images, all outputs in one loop.
#pragma once

#include <vector>

#include "schedules/image_sweep.h"

namespace dsq::schedules {

struct BatchNormStages {
    std::vector<Halide::Func> outputs;  // (c, x, y, n), one or two of one size
    Halide::Var c, n;
};

inline void batch_norm(BatchNormStages s, const Halide::Target &target) {
    for (const Halide::Func &output : s.outputs) image_sweep({output, s.c, s.n}, target);
    if (s.outputs.size() == 2) s.outputs[1].compute_with(s.outputs[0], s.c);
}

}  // namespace dsq::schedules
