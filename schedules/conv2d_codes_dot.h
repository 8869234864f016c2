// How a convolution by dot products (or pairs of products) runs: an image's codes are copied with whole groups of
// channels; then a tile of pixels x channels stays in registers. On Arm several groups of a pixel are loaded together,
// since SDOT takes one by element, and of few channels all that the tile's windows see of a row; x86 broadcasts each
// from memory.
#pragma once

#include <Halide.h>

#include <cstdint>
#include <numeric>
#include <vector>

#include "schedules/codes_tiling.h"
#include "schedules/window_sums.h"

namespace dsq::schedules {

struct Conv2dCodesDotStages {
    std::vector<Halide::Func> outputs;  // (c, x, y, n), one or two of one size
    Halide::Func accumulator;           // (c, x, y, n)
    Halide::Func codes;                 // (ci, x, y, n)
    WindowSums windows;                 // only with an offset
    Halide::Var c, ci, x, y, n;
    Halide::RDom products;
    Halide::Func row{};  // (element, y, n): of few channels, `codes` pixel after pixel; else undefined
    Halide::Var element{};
};

struct Conv2dCodesDotTile {
    int pixels;
    int channels;
    int width;  // of the output
    int out_channels;
    int group, groups;  // of input channels
    bool copies;        // an image's codes, since the last group may not be whole
    bool has_offset;
};

inline void conv2d_codes_dot(Conv2dCodesDotStages s, Conv2dCodesDotTile tile, const Halide::Target &target) {
    const bool by_element = target.arch == Halide::Target::ARM;
    const int longest_unroll = by_element ? 4 : 2;
    const int lanes = std::gcd(target.natural_vector_size(s.accumulator.type()), tile.channels);
    const int together = s.row.defined() ? tile.groups : std::gcd(tile.groups, longest_unroll);
    CodesTiling tiling(s.c, s.x, s.y, s.n, {tile.pixels, tile.channels, tile.width, tile.out_channels}, lanes);
    tiling.split(s.outputs, by_element ? std::gcd(16, tile.channels) : lanes);

    Halide::RVar step{"step"}, of_step{"of_step"};
    s.accumulator.compute_at(s.outputs[0], tiling.tiles)
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

    if (s.row.defined()) {
        constexpr int vector_bytes = 16;
        s.accumulator.update().unroll(s.products.z);
        s.row.compute_at(s.accumulator, s.products.w)
            .store_in(Halide::MemoryType::Stack)
            .vectorize(s.element, vector_bytes / s.codes.type().bytes(), Halide::TailStrategy::RoundUp)
            .unroll(s.element);
    } else if (by_element) {
        s.codes.in(s.accumulator)
            .compute_at(s.accumulator, step)
            .store_in(Halide::MemoryType::Stack)
            .bound_extent(s.ci, tile.group * together)
            .vectorize(s.ci)
            .unroll(s.x);
    }
    if (tile.copies) {
        constexpr int fewest = 8;
        const int channels = tile.group * tile.groups;
        s.codes.compute_at(s.outputs[0], s.n).bound(s.ci, 0, channels);
        if (channels >= fewest || tile.group > 1) {
            s.codes.vectorize(s.ci, std::gcd(target.natural_vector_size<std::uint8_t>(), channels));
        } else {  // pixel after pixel: a vector has several
            const Halide::Var element{"element"};
            s.codes.fuse(s.ci, s.x, element).vectorize(element, 2 * fewest, Halide::TailStrategy::GuardWithIf);
        }
    }
    if (tile.has_offset) window_sums(s.windows, s.outputs[0], s.n);
}

}  // namespace dsq::schedules
