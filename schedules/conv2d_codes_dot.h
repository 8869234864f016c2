// How a convolution by dot products (or pairs of products) runs: an image's codes are copied with whole groups of
// channels; then a tile of pixels x channels stays in registers. Several groups of a pixel are loaded together, since
// SDOT takes one by element.
#pragma once

#include <Halide.h>

#include <algorithm>
#include <cstdint>
#include <numeric>

namespace dsq::schedules {

struct Conv2dCodesDotStages {
    Halide::Func output, accumulator;  // (c, x, y, n)
    Halide::Func codes;                // (ci, x, y, n)
    Halide::Func weight_sum;           // (c); only with unsigned codes
    Halide::Func channel_sum, window;  // (x, y, n); only with an offset
    Halide::Var c, ci, x, y, n;
    Halide::RDom products;
};

struct Conv2dCodesDotTile {
    int pixels;
    int channels;
    int width;  // of the output
    int out_channels;
    int group, groups;  // of input channels
    bool has_weight_sum;
    bool has_offset;
};

inline void conv2d_codes_dot(Conv2dCodesDotStages s, Conv2dCodesDotTile tile, const Halide::Target &target) {
    using Halide::TailStrategy;
    constexpr int longest_unroll = 4;
    const int lanes = std::gcd(target.natural_vector_size(s.accumulator.type()), tile.channels);
    const int pixels = std::min(tile.pixels, tile.width), together = std::gcd(tile.groups, longest_unroll);
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

    Halide::RVar step{"step"}, of_step{"of_step"};
    s.accumulator.compute_at(s.output, tiles)
        .store_in(Halide::MemoryType::Stack)
        .bound_extent(s.c, tile.channels)
        .align_bounds(s.c, tile.channels)
        .vectorize(s.c, lanes)
        .unroll(s.c)
        .unroll(s.x);
    s.accumulator.update()
        .split(s.products.y, step, of_step, together)
        .reorder(s.products.x, s.c, s.x, of_step, s.y, s.n, step, s.products.z, s.products.w)
        .atomic(true)  // a saturating sum that does not saturate is associative too
        .vectorize(s.products.x)
        .vectorize(s.c, lanes)
        .unroll(s.c)
        .unroll(s.x)
        .unroll(of_step);

    Halide::Func loaded = s.codes.in(s.accumulator);
    loaded.compute_at(s.accumulator, step)
        .store_in(Halide::MemoryType::Stack)
        .bound_extent(s.ci, tile.group * together)
        .vectorize(s.ci)
        .unroll(s.x);
    const int channels = tile.group * tile.groups;
    s.codes.compute_at(s.output, s.n)
        .bound(s.ci, 0, channels)
        .vectorize(s.ci, std::gcd(target.natural_vector_size<std::uint8_t>(), channels));

    if (tile.has_weight_sum) {
        s.weight_sum.compute_root()
            .vectorize(s.c, lanes, TailStrategy::RoundUp)
            .bound(s.c, 0, (tile.out_channels + tile.channels - 1) / tile.channels * tile.channels);
        s.weight_sum.update()
            .reorder(s.products.x, s.c, s.products.y, s.products.z, s.products.w)
            .atomic()
            .vectorize(s.products.x)
            .vectorize(s.c, lanes);
    }
    if (tile.has_offset) {
        s.window.compute_at(s.output, block);
        s.channel_sum.compute_at(s.output, block);
    }
}

}  // namespace dsq::schedules
