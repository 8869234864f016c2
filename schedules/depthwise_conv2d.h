// How a depthwise convolution runs: vectors of channels; the pixels of a tile share what they read; an image a task.
#pragma once

#include <Halide.h>

namespace dsq::schedules {

struct DepthwiseConv2dStages {
    Halide::Func output;  // (c, x, y, n)
    Halide::Var c, x, y, n;
    int tile_height;
};

inline void depthwise_conv2d(DepthwiseConv2dStages s, const Halide::Target &target) {
    using Halide::TailStrategy;
    constexpr int tile_width = 4;
    Halide::Var vector{"vector"}, tile_x{"tile_x"}, tile_y{"tile_y"};
    s.output.split(s.c, vector, s.c, target.natural_vector_size<float>(), TailStrategy::GuardWithIf)
        .split(s.x, tile_x, s.x, tile_width, TailStrategy::GuardWithIf)
        .split(s.y, tile_y, s.y, s.tile_height, TailStrategy::GuardWithIf)
        .reorder(s.c, s.x, s.y, tile_x, vector, tile_y, s.n)
        .vectorize(s.c)
        .unroll(s.x)
        .unroll(s.y)
        .parallel(s.n);
}

}  // namespace dsq::schedules
