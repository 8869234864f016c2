// How the gradient of a convolution's weights runs: a tile of output channels x (input channels, kx) stays in registers
// while it goes over the pixels of a piece of the batch.
#pragma once

#include <Halide.h>

#include <algorithm>

namespace dsq::schedules {

struct Conv2dBackwardWeightStages {
    Halide::Func grad_weights, total;  // (c, ci, kx, ky)
    Halide::Func partial;              // (c, ci, kx, ky, block, slice)
    Halide::Func tile;                 // (c, ci, kx, ky, block, y, n)
    Halide::Func gradient;             // (c, x, y, n)
    Halide::Func image;                // (ci, x, y, n)
    Halide::Var c, ci, kx, ky, block, slice;
    Halide::RDom pixels;  // x, row, image of a piece
    Halide::RDom pieces;  // piece of an image, group of images of a slice
};

// Blocks of channels divide the weights'. Kernel 0: any kernel and any number of channels.
struct Conv2dBackwardWeightTile {
    int block_out_channels;
    int block_in_channels;
    int in_channels_of_16_registers;
    int in_channels_of_32_registers;
    int kernel;
    bool copies;
};

inline void conv2d_backward_weight(Conv2dBackwardWeightStages s,
                                   Conv2dBackwardWeightTile tile,
                                   const Halide::Target &target) {
    using Halide::TailStrategy;
    const bool any = tile.kernel == 0;
    const int lanes = target.natural_vector_size<float>();
    const bool many_registers = target.arch == Halide::Target::ARM || target.has_feature(Halide::Target::AVX512);
    const int in_channels = many_registers ? tile.in_channels_of_32_registers : tile.in_channels_of_16_registers;
    const int taps = any ? 1 : tile.kernel;
    // As many vectors of output channels as leave registers for what the sums are made of.
    int vectors = tile.block_out_channels / lanes;
    while (vectors > 1 && vectors * in_channels * taps > (many_registers ? 27 : 13)) vectors /= 2;
    const int channels = vectors * lanes;

    Halide::Var chunk{"chunk"}, task{"task"}, part{"part"}, tiles{"tiles"}, columns{"columns"}, vector{"vector"};
    const auto in_registers = [&](Halide::Stage stage) {
        stage.vectorize(s.c).unroll(vector).unroll(s.kx).unroll(s.ci);
    };
    s.partial.compute_root()
        .bound_extent(s.c, tile.block_out_channels)
        .vectorize(s.c, lanes)
        .reorder_storage(s.c, s.kx, s.ci, s.ky, s.block, s.slice)
        .fuse(s.block, s.slice, task)
        .parallel(task);
    s.partial.update()
        .split(s.c, part, s.c, channels)
        .split(s.c, vector, s.c, lanes)
        .split(s.ci, chunk, s.ci, tile.block_in_channels, TailStrategy::RoundUp)
        .split(s.ci, tiles, s.ci, in_channels)
        .split(s.kx, columns, s.kx, taps, TailStrategy::RoundUp)
        .reorder(s.c, vector, s.kx, s.ci, tiles, part, columns, s.ky, chunk, s.pieces.x, s.pieces.y, s.block, s.slice)
        .fuse(s.block, s.slice, task)
        .parallel(task);
    in_registers(s.partial.update());

    for (std::size_t i = 3; i < s.tile.args().size(); ++i) s.tile.bound_extent(s.tile.args()[i], 1);
    s.tile.compute_at(s.partial, tiles)
        .store_in(Halide::MemoryType::Register)
        .bound_extent(s.c, channels)
        .bound_extent(s.ci, in_channels)
        .bound_extent(s.kx, taps)
        .split(s.c, vector, s.c, lanes)
        .reorder(s.c, vector, s.kx, s.ci);
    in_registers(s.tile);
    s.tile.update().split(s.c, vector, s.c, lanes).reorder(s.c, vector, s.kx, s.ci, s.pixels.x, s.pixels.y, s.pixels.z);
    in_registers(s.tile.update());

    if (tile.copies) {
        // Close together: pixels of many channels lie a power of two apart, where a cache has few places.
        const Halide::Var c = s.gradient.args()[0], ci = s.image.args()[0];
        s.gradient.compute_at(s.partial, s.pieces.x).bound_extent(c, tile.block_out_channels).vectorize(c, lanes);
        s.image.compute_at(s.partial, chunk)
            .bound_extent(ci, tile.block_in_channels)
            .vectorize(ci, std::min(lanes, tile.block_in_channels));
    }

    s.grad_weights.split(s.c, vector, s.c, lanes, any ? TailStrategy::PredicateStores : TailStrategy::RoundUp)
        .reorder(s.c, vector, s.kx, s.ky, s.ci)
        .vectorize(s.c)
        .parallel(s.ci);
    s.total.compute_at(s.grad_weights, vector).bound_extent(s.c, lanes).vectorize(s.c);
    s.total.update().vectorize(s.c);
}

}  // namespace dsq::schedules
