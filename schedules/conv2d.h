// How a convolution runs: a tile of channels and pixels of one row stays in registers for the whole sum.
#pragma once

#include <Halide.h>

#include <algorithm>

namespace dsq::schedules {

struct Conv2dStages {
    Halide::Func output, sum;     // (c, x, y, n)
    Halide::Func packed;          // (c, ci, tx, ty)
    Halide::Expr weights_stride;  // between output channels of the weights
    Halide::Var c, x, y, n;
    Halide::RDom r;   // ci, tx, ty
    int in_channels;  // 0: any
};

// Channels divide the output's, or are a vector if any number is allowed; a row has at least that many pixels.
struct Conv2dTile {
    int channels;
    int pixels_of_16_registers;
    int pixels_of_32_registers;
};

inline void conv2d(Conv2dStages s, Conv2dTile tile, const Halide::Target &target) {
    using Halide::TailStrategy;
    const int lanes = target.natural_vector_size<float>();
    const bool any = s.in_channels == 0;
    // Two vectors of weights a step at most: with the broadcast pixels they leave room for the sums.
    const int channels = any ? lanes : std::min(tile.channels, 2 * lanes);
    const bool many_registers = target.arch == Halide::Target::ARM || target.has_feature(Halide::Target::AVX512);
    const int pixels = many_registers ? tile.pixels_of_32_registers : tile.pixels_of_16_registers;
    // Images that a task computes a block of channels of: enough to repay packing the weights.
    const int images = s.in_channels > 64 ? 32 : 8;

    Halide::Var block{"block"}, chunk{"chunk"}, task{"task"}, tiles{"tiles"}, vector{"vector"};
    s.output.bound_extent(s.c, s.output.output_buffer().dim(0).extent());
    if (any) {
        s.output.split(s.c, block, s.c, lanes, TailStrategy::PredicateStores).split(block, block, vector, 1);
    } else {
        s.output.split(s.c, block, s.c, channels, TailStrategy::RoundUp).split(s.c, vector, s.c, lanes);
    }
    s.output.split(s.x, tiles, s.x, pixels, TailStrategy::ShiftInwards)
        .split(s.n, chunk, s.n, images, TailStrategy::GuardWithIf)
        .reorder(s.c, vector, s.x, tiles, s.y, s.n, block, chunk)
        .vectorize(s.c)
        .unroll(vector)
        .unroll(s.x)
        .fuse(block, chunk, task)
        .parallel(task);
    s.sum.compute_at(s.output, tiles)
        .store_in(Halide::MemoryType::Register)
        .bound_extent(s.c, channels)
        .split(s.c, vector, s.c, lanes)
        .reorder(s.c, vector, s.x, s.y)
        .vectorize(s.c)
        .unroll(vector)
        .unroll(s.x);
    s.sum.update()
        .split(s.c, vector, s.c, lanes)
        .reorder(s.c, vector, s.x, s.y, s.r.x, s.r.y, s.r.z)
        .vectorize(s.c)
        .unroll(vector)
        .unroll(s.x);
    // Long enough to hide the loop, short enough for the processor's cache of decoded instructions.
    if (!any && s.in_channels % 4 == 0) {
        s.sum.update().unroll(s.r.x, 4);
    } else if (!any && s.in_channels < 4) {
        s.sum.update().unroll(s.r.x).unroll(s.r.y);
    }
    // The block's weights, one after the other as the sum reads them.
    const Halide::Var c = s.packed.args()[0];
    s.packed.compute_at(s.output, task).bound_extent(c, channels).vectorize(c, lanes);
    s.packed.specialize(s.weights_stride == 1);
}

}  // namespace dsq::schedules
