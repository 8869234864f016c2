// How the forward pass of a convolution runs: a tile of channels and pixels of one row stays in registers for the whole
// sum.
#pragma once

#include <Halide.h>

#include <algorithm>

namespace dsq::schedules {

struct Conv2dStages {
    Halide::Func output, accumulator;  // (c, x, y, n)
    Halide::Func padded;               // (ci, x, y, n)
    Halide::Func packed;               // (c, ci, kx, ky)
    Halide::Var c, x, y, n, ci;
    Halide::RDom r;  // ci, kx, ky
    int in_channels;
};

// For 32 registers; half the pixels for 16. Channels are a multiple of a vector; a row has at least that many pixels.
struct Conv2dTile {
    int channels;
    int pixels;
};

inline void conv2d(Conv2dStages s, Conv2dTile tile, const Halide::Target &target) {
    using Halide::TailStrategy;
    const int lanes = target.natural_vector_size<float>();
    const bool many_registers = target.has_feature(Halide::Target::AVX512);
    // Two vectors of weights a step at most: with the broadcast pixels they leave room for the sums.
    const int channels = std::min(tile.channels, 2 * lanes);
    const int pixels = many_registers ? tile.pixels : std::max(tile.pixels / 2, 1);

    Halide::Var block{"block"}, tiles{"tiles"}, vector{"vector"};
    s.output.bound_extent(s.c, s.output.output_buffer().dim(0).extent())
        .split(s.c, block, s.c, channels, TailStrategy::RoundUp)
        .split(s.x, tiles, s.x, pixels, TailStrategy::ShiftInwards)
        .split(s.c, vector, s.c, lanes)
        .vectorize(s.c)
        .unroll(vector)
        .unroll(s.x);
    // Whichever is larger is read once: the weights of a block of channels by all images, or an image by all blocks.
    const bool weights_are_large = s.in_channels >= 256;
    if (weights_are_large) {
        s.output.reorder(s.c, vector, s.x, tiles, s.y, s.n, block).parallel(block);
        s.padded.compute_root().parallel(s.n);
    } else {
        s.output.reorder(s.c, vector, s.x, tiles, s.y, block, s.n).parallel(s.n);
        s.padded.compute_at(s.output, s.n);
    }
    s.accumulator.compute_at(s.output, tiles)
        .store_in(Halide::MemoryType::Register)
        .split(s.c, vector, s.c, lanes)
        .reorder(s.c, vector, s.x, s.y)
        .vectorize(s.c)
        .unroll(vector)
        .unroll(s.x);
    s.accumulator.update()
        .split(s.c, vector, s.c, lanes)
        .reorder(s.c, vector, s.x, s.y, s.r.x, s.r.y, s.r.z)
        .vectorize(s.c)
        .unroll(vector)
        .unroll(s.x);
    // Long enough to hide the loop, short enough for the processor's cache of decoded instructions.
    if (s.in_channels % 4 == 0) {
        s.accumulator.update().unroll(s.r.x, 4);
    } else if (s.in_channels < 4) {
        s.accumulator.update().unroll(s.r.x).unroll(s.r.y);
    }
    // The block's weights, one after the other as the sum reads them.
    s.packed.compute_at(s.output, block)
        .bound_extent(s.packed.args()[0], channels)
        .vectorize(s.packed.args()[0], lanes);
    s.padded.vectorize(s.c, std::min(lanes, s.in_channels), TailStrategy::GuardWithIf);
}

}  // namespace dsq::schedules
