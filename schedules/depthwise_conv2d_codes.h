// How a depthwise convolution of codes runs: vectors of channels; the pixels of a tile share what they read.
#pragma once

#include <Halide.h>

#include <algorithm>
#include <cstdint>

namespace dsq::schedules {

struct DepthwiseConv2dCodesStages {
    Halide::Func output;  // (c, x, y, n)
    Halide::Var c, x, y, n;
};

struct DepthwiseConv2dCodesTile {
    int pixels;
    int width;  // of the output
    int channels;
};

inline void depthwise_conv2d_codes(DepthwiseConv2dCodesStages s,
                                   DepthwiseConv2dCodesTile tile,
                                   const Halide::Target &target) {
    using Halide::TailStrategy;
    const int lanes = target.natural_vector_size<std::int8_t>();
    const int pixels = std::min(tile.pixels, tile.width);
    Halide::Var block{"block"}, tiles{"tiles"};
    s.output
        .split(s.c, block, s.c, lanes, tile.channels >= lanes ? TailStrategy::ShiftInwards : TailStrategy::GuardWithIf)
        .split(s.x, tiles, s.x, pixels, TailStrategy::ShiftInwards)
        .reorder(s.c, s.x, tiles, block, s.y, s.n)
        .vectorize(s.c)
        .unroll(s.x);
}

}  // namespace dsq::schedules
