// How a convolution of codes with 8-bit sums runs: a tile of pixels x channels stays in registers, all levels of its
// sums; the activations are broadcast, since there is no multiplication by an element for bytes.
#pragma once

#include <Halide.h>

#include <algorithm>

namespace dsq::schedules {

struct Conv2dCodesMlaStages {
    Halide::Func output, accumulator;  // (c, x, y, n)
    Halide::Func spill;                // (c, x, y, n, part, kx, ky); only with 32 bits
    Halide::Func partial;              // (c, x, y, n, part, step, kx, ky)
    Halide::Func rest;                 // (c, x, y, n, part, kx, ky); only where runs do not divide the channels
    Halide::Func channel_sum, window;  // (x, y, n); only with an offset
    Halide::Var c, x, y, n;
    Halide::RDom in_run, in_rest, runs, taps, spills;
};

struct Conv2dCodesMlaTile {
    int pixels;
    int channels;
    int width;  // of the output
    int out_channels;
    bool has_spill;
    bool has_rest;
    bool has_offset;
};

inline void conv2d_codes_mla(Conv2dCodesMlaStages s, Conv2dCodesMlaTile tile) {
    using Halide::TailStrategy;
    constexpr int lanes = 16;  // of codes
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

    const auto in_registers = [&](Halide::Stage stage, const std::vector<Halide::RVar> &sums) {
        std::vector<Halide::VarOrRVar> order{s.c, s.x, s.y, s.n};
        order.insert(order.end(), sums.begin(), sums.end());
        stage.reorder(order).vectorize(s.c, lanes).unroll(s.c).unroll(s.x);
    };
    const auto in_tile = [&](Halide::Func func) {
        func.store_in(Halide::MemoryType::Stack).bound_extent(s.c, tile.channels);
        in_registers(func, {});
    };
    const auto of_products =
        [&](Halide::Func func, const Halide::Func &sum, const Halide::RVar &loop, const Halide::RDom &in) {
            func.compute_at(sum, loop);
            in_tile(func);
            in_registers(func.update(), {in.x});
            func.update().unroll(in.x);
        };
    in_tile(s.accumulator.compute_at(s.output, tiles));
    Halide::Func sum = s.accumulator;
    if (tile.has_spill) {
        in_registers(s.accumulator.update(), {s.spills.x, s.spills.y, s.spills.z});
        sum = s.spill.compute_at(s.accumulator, s.spills.x);
        in_tile(s.spill);
        in_registers(s.spill.update(), {s.runs.x});
        if (tile.has_rest) in_registers(s.spill.update(1), {s.taps.x, s.taps.y});
    } else {
        in_registers(s.accumulator.update(), {s.runs.x, s.runs.y, s.runs.z});
        if (tile.has_rest) in_registers(s.accumulator.update(1), {s.taps.x, s.taps.y});
    }
    of_products(s.partial, sum, s.runs.x, s.in_run);
    if (tile.has_rest) of_products(s.rest, sum, s.taps.x, s.in_rest);

    if (tile.has_offset) {
        s.window.compute_at(s.output, block);
        s.channel_sum.compute_at(s.output, block);
    }
}

}  // namespace dsq::schedules
