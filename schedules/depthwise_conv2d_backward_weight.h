// How the gradient of a depthwise convolution's weights runs: the sums of a vector of channels over a row stay in
// registers; a group of images a task.
#pragma once

#include <Halide.h>

namespace dsq::schedules {

struct DepthwiseConv2dBackwardWeightStages {
    Halide::Func grad_weights;  // (c, kx, ky)
    Halide::Func group_sum;     // (c, kx, ky, group); its update runs over `rows`
    Halide::Func row_sum;       // (c, kx, ky, y, n); its update runs over `row`
    Halide::Var c, kx, ky, group;
    Halide::RDom row, rows;
    int kernel;
};

inline void depthwise_conv2d_backward_weight(DepthwiseConv2dBackwardWeightStages s, const Halide::Target &target) {
    using Halide::TailStrategy;
    const int lanes = target.natural_vector_size<float>();
    Halide::Var vector{"vector"};
    s.grad_weights.vectorize(s.c, lanes, TailStrategy::GuardWithIf);
    s.grad_weights.update().vectorize(s.c, lanes, TailStrategy::GuardWithIf);
    s.group_sum.compute_root().vectorize(s.c, lanes, TailStrategy::GuardWithIf).parallel(s.group);
    s.group_sum.bound(s.kx, 0, s.kernel).bound(s.ky, 0, s.kernel);
    s.group_sum.update()
        .split(s.c, vector, s.c, lanes, TailStrategy::GuardWithIf)
        .reorder(s.c, s.kx, s.ky, vector, s.rows.x, s.rows.y, s.group)
        .vectorize(s.c)
        .unroll(s.kx)
        .unroll(s.ky)
        .parallel(s.group);
    s.row_sum.compute_at(s.group_sum, vector)
        .store_in(Halide::MemoryType::Stack)
        .bound_extent(s.kx, s.kernel)
        .bound_extent(s.ky, s.kernel)
        .vectorize(s.c, lanes, TailStrategy::GuardWithIf)
        .unroll(s.kx)
        .unroll(s.ky);
    s.row_sum.update()
        .reorder(s.c, s.kx, s.ky, s.row.x)
        .vectorize(s.c, lanes, TailStrategy::GuardWithIf)
        .unroll(s.kx)
        .unroll(s.ky);
}

}  // namespace dsq::schedules
