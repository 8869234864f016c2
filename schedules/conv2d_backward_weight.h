// How the gradient of a convolution's weights runs: a tile of output channels x (input channels, kx) stays in registers
// while it goes over the pixels of a piece of an image.
#pragma once

#include <Halide.h>

#include <algorithm>

namespace dsq::schedules {

struct Conv2dBackwardWeightStages {
    Halide::Func grad_weights, total;  // (c, ci, kx, ky)
    Halide::Func partial;              // (c, ci, kx, ky, slice)
    Halide::Func tile;                 // (c, ci, kx, ky, piece, n)
    Halide::Var c, ci, kx, ky, slice;
    Halide::RDom pixels;  // x, row of a piece
    Halide::RDom pieces;  // piece, image of a slice
};

// Channels divide the weights'. Kernel 0: any kernel and any number of channels.
struct Conv2dBackwardWeightTile {
    int out_channels;
    int in_channels;
    int kernel;
};

inline void conv2d_backward_weight(Conv2dBackwardWeightStages s,
                                   Conv2dBackwardWeightTile tile,
                                   const Halide::Target &target) {
    using Halide::TailStrategy;
    const int lanes = target.natural_vector_size<float>();
    const bool any = tile.kernel == 0;
    const int channels = any ? lanes : std::min(tile.out_channels, 2 * lanes);
    const int in_channels = any ? 1 : tile.in_channels;
    const int taps = any ? 1 : tile.kernel;

    Halide::Var block{"block"}, task{"task"}, tiles{"tiles"}, columns{"columns"}, vector{"vector"};
    s.tile.compute_at(s.partial, tiles)
        .store_in(Halide::MemoryType::Register)
        .bound_extent(s.tile.args()[5], 1)
        .bound_extent(s.c, channels)
        .bound_extent(s.ci, in_channels)
        .bound_extent(s.kx, taps)
        .split(s.c, vector, s.c, lanes)
        .reorder(s.c, vector, s.kx, s.ci)
        .vectorize(s.c)
        .unroll(vector)
        .unroll(s.kx)
        .unroll(s.ci);
    s.tile.update()
        .split(s.c, vector, s.c, lanes)
        .reorder(s.c, vector, s.kx, s.ci, s.pixels.x, s.pixels.y)
        .vectorize(s.c)
        .unroll(vector)
        .unroll(s.kx)
        .unroll(s.ci);

    s.partial.compute_root()
        .split(s.c, block, s.c, channels, TailStrategy::RoundUp)
        .vectorize(s.c, lanes)
        .reorder(s.c, s.ci, s.kx, s.ky, block, s.slice)
        .fuse(block, s.slice, task)
        .parallel(task);
    s.partial.update()
        .split(s.c, block, s.c, channels, TailStrategy::RoundUp)
        .split(s.c, vector, s.c, lanes)
        .split(s.ci, tiles, s.ci, in_channels, TailStrategy::RoundUp)
        .split(s.kx, columns, s.kx, taps, TailStrategy::RoundUp)
        .reorder(s.c, vector, s.kx, s.ci, tiles, columns, s.ky, s.pieces.x, s.pieces.y, block, s.slice)
        .vectorize(s.c)
        .unroll(vector)
        .unroll(s.kx)
        .unroll(s.ci)
        .fuse(block, s.slice, task)
        .parallel(task);

    s.grad_weights.split(s.c, vector, s.c, lanes, any ? TailStrategy::PredicateStores : TailStrategy::RoundUp)
        .reorder(s.c, vector, s.kx, s.ky, s.ci)
        .vectorize(s.c)
        .parallel(s.ci);
    s.total.compute_at(s.grad_weights, vector).bound_extent(s.c, lanes).vectorize(s.c);
    s.total.update().vectorize(s.c);
}

}  // namespace dsq::schedules
