// How a depthwise convolution of codes runs: vectors of channels; the pixels of a tile share what they read.
#pragma once

#include <Halide.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "schedules/codes_tiling.h"

namespace dsq::schedules {

struct DepthwiseConv2dCodesStages {
    std::vector<Halide::Func> outputs;  // (c, x, y, n), one or two of one size
    Halide::Func accumulator;           // (c, x, y, n)
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
    for (Halide::Func &output : s.outputs) {
        output
            .split(
                s.c, block, s.c, lanes, tile.channels >= lanes ? TailStrategy::ShiftInwards : TailStrategy::GuardWithIf)
            .split(s.x, tiles, s.x, pixels, TailStrategy::ShiftInwards)
            .reorder(s.c, s.x, tiles, block, s.y, s.n)
            .vectorize(s.c)
            .unroll(s.x);
    }
    run_together(s.outputs, tiles);
    s.accumulator.compute_at(s.outputs[0], tiles)
        .store_in(Halide::MemoryType::Stack)
        .bound_extent(s.c, lanes)
        .vectorize(s.c)
        .unroll(s.x);
}

}  // namespace dsq::schedules
