// How the backward pass of a batch normalization with what follows it runs: one sweep that writes the gradient and adds
// up its sums.
#pragma once

#include "schedules/channel_sums.h"

namespace dsq::schedules {

struct BatchNormBackwardStages {
    ChannelSumStages sums;
    Halide::Func grad_sum;          // (c, x, y, n); its update runs over `sums.all`
    Halide::Func quantizer_totals;  // of all channels; not defined without a quantizer
    Halide::Func grad_bounds;       // (k), 3 numbers
    Halide::Var k;
    bool terms_are_long;  // a soft quantizer's
};

inline void batch_norm_backward(BatchNormBackwardStages s, const Halide::Target &target) {
    const int lanes = s.terms_are_long ? 16 : target.natural_vector_size<float>();
    channel_sums(s.sums, lanes);
    // Both updates compute the same terms: in one loop body the compiler computes them once.
    along_rows(s.grad_sum.update(), s.sums.all, lanes);
    s.grad_sum.update().compute_with(
        s.sums.partial.update(), Halide::RVar("block"), Halide::LoopAlignStrategy::AlignStart);
    s.grad_bounds.bound(s.k, 0, 3).unroll(s.k);
    if (s.quantizer_totals.defined()) s.quantizer_totals.compute_root();
}

}  // namespace dsq::schedules
