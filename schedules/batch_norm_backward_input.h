// How the backward pass of a batch normalization to its input runs: as the forward pass does.
#pragma once

#include "schedules/batch_norm.h"

namespace dsq::schedules {

struct BatchNormBackwardInputStages {
    Halide::Func grad_x;                // (c, x, y, n)
    std::vector<Halide::Func> factors;  // (c)
    Halide::Var c, x, y, n;
};

inline void batch_norm_backward_input(BatchNormBackwardInputStages s, const Halide::Target &target) {
    for (Halide::Func &factor : s.factors) factor.compute_root();
    batch_norm({{s.grad_x}, s.c, s.x, s.y, s.n}, target);
}

}  // namespace dsq::schedules
