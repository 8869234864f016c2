// How a depthwise convolution of codes runs: vectors of channels, whose weights stay in registers along a row; the
// pixels of a tile share what they read.
#pragma once

#include <Halide.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

#include "schedules/codes_tiling.h"

namespace dsq::schedules {

struct DepthwiseConv2dCodesStages {
    std::vector<Halide::Func> outputs;  // (c, x, y, n), one or two of one size
    Halide::Func accumulator;           // (c, x, y, n)
    Halide::Func weights;               // (c, 0, kx, ky, 0)
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
    // Arm multiplies bytes into 16 bits; elsewhere they are widened first, and half as many fill a register.
    const int widest = target.arch == Halide::Target::ARM ? target.natural_vector_size<std::int8_t>()
                                                          : target.natural_vector_size<std::int16_t>();
    const int lanes = std::min(widest, static_cast<int>(std::bit_floor(static_cast<unsigned>(tile.channels))));
    Halide::Var block{"block"}, tiles{"tiles"};
    for (Halide::Func &output : s.outputs) {
        output.split(s.c, block, s.c, lanes, TailStrategy::ShiftInwards)
            .split(s.x, tiles, s.x, std::min(tile.pixels, tile.width), TailStrategy::ShiftInwards)
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

    Halide::Func held = s.weights.in();
    const std::vector<Halide::Var> at = held.args();
    held.compute_at(s.outputs[0], block)
        .store_in(Halide::MemoryType::Stack)
        .bound_extent(at[0], lanes)
        .vectorize(at[0])
        .unroll(at[2])
        .unroll(at[3]);
}

}  // namespace dsq::schedules
