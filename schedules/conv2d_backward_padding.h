// How the gradient of the padding runs: small sums by channel, in parallel, then one number.
#pragma once

#include <Halide.h>

#include <vector>

namespace dsq::schedules {

struct Conv2dBackwardPaddingStages {
    Halide::Func total;
    std::vector<Halide::Func> sums;  // (c, ., last), each with one update
};

inline void conv2d_backward_padding(Conv2dBackwardPaddingStages s, const Halide::Target &target) {
    const int lanes = target.natural_vector_size<float>();
    s.total.compute_root();
    for (Halide::Func &sum : s.sums) {
        const Halide::Var c = sum.args().front(), last = sum.args().back();
        sum.compute_root().vectorize(c, lanes, Halide::TailStrategy::GuardWithIf).parallel(last);
        sum.update().vectorize(c, lanes, Halide::TailStrategy::GuardWithIf).parallel(last);
    }
}

}  // namespace dsq::schedules
