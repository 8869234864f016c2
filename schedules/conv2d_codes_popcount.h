// How a convolution of bits runs: an image's activations are packed at its start; then a tile of pixels x channels of
// counts stays in registers, and the pairs of bytes of a pixel are broadcast.
#pragma once

#include <Halide.h>

#include <algorithm>
#include <cstdint>
#include <numeric>

namespace dsq::schedules {

struct Conv2dCodesPopcountStages {
    Halide::Func output, accumulator, differing;  // (c, x, y, n)
    Halide::Func bits;                            // (byte, step, x, y, n)
    Halide::Func channel_sum, window;             // (x, y, n); only with an offset
    Halide::Var c, x, y, n, byte, step;
    Halide::RDom pairs;
};

struct Conv2dCodesPopcountTile {
    int pixels;
    int channels;
    int width;  // of the output
    int out_channels;
    int steps;
    bool has_offset;
};

inline void conv2d_codes_popcount(Conv2dCodesPopcountStages s,
                                  Conv2dCodesPopcountTile tile,
                                  const Halide::Target &target) {
    using Halide::TailStrategy;
    const int lanes = std::gcd(target.natural_vector_size<std::uint16_t>(), tile.channels);  // of counts
    constexpr int longest_unroll = 4;
    const int pixels = std::min(tile.pixels, tile.width);
    Halide::Var block{"block"}, tiles{"tiles"};
    s.output
        .split(s.c,
               block,
               s.c,
               tile.channels,
               tile.out_channels % tile.channels == 0 ? TailStrategy::RoundUp : TailStrategy::GuardWithIf)
        .split(s.x, tiles, s.x, pixels, TailStrategy::ShiftInwards)
        .reorder(s.c, s.x, tiles, s.y, block, s.n)
        .vectorize(s.c, lanes)
        .unroll(s.c)
        .unroll(s.x);

    s.differing.compute_at(s.output, tiles)
        .store_in(Halide::MemoryType::Stack)
        .bound_extent(s.c, tile.channels)
        .align_bounds(s.c, tile.channels)
        .vectorize(s.c, lanes)
        .unroll(s.c)
        .unroll(s.x);
    s.differing.update()
        .reorder(s.pairs.x, s.c, s.x, s.y, s.n, s.pairs.y, s.pairs.z, s.pairs.w)
        .atomic()
        .vectorize(s.pairs.x)
        .vectorize(s.c, lanes)
        .unroll(s.c)
        .unroll(s.x)
        .unroll(s.pairs.y, std::gcd(tile.steps, longest_unroll));  // what starts a step runs beside what ends another

    s.bits.compute_at(s.output, s.n).bound(s.byte, 0, 2).unroll(s.byte);

    if (tile.has_offset) {
        s.window.compute_at(s.output, block);
        s.channel_sum.compute_at(s.output, block);
    }
}

}  // namespace dsq::schedules
