// How a convolution of codes with 8-bit sums runs: a tile of pixels x channels stays in registers, all levels of its
// sums; the activations are broadcast, since there is no multiplication by an element for bytes.
#pragma once

#include "schedules/codes_tiling.h"
#include "schedules/window_sums.h"

namespace dsq::schedules {

struct Conv2dCodesMlaStages {
    std::vector<Halide::Func> outputs;  // (c, x, y, n), one or two of one size
    Halide::Func accumulator;           // (c, x, y, n)
    Halide::Func spill;                 // (c, x, y, n, part, kx, ky); only with 32 bits
    Halide::Func partial;               // (member, c, x, y, n, part, step, kx, ky)
    Halide::Func rest;                  // (member, c, x, y, n, part, kx, ky); only where runs do not divide the groups
    Halide::Func seen_codes;            // (ci, x, y, n, kx, ky): codes
    WindowSums windows;                 // only with an offset
    Halide::Var c, x, y, n, member;
    Halide::RDom in_run, in_rest, runs, taps, spills;
    int run_length, rest_length;  // groups
    bool has_spill, has_rest, has_offset;
};

// group: members of one, which lie side by side in a vector.
inline void conv2d_codes_mla(Conv2dCodesMlaStages s, CodesTile tile, int group) {
    CodesTiling tiling(s.c, s.x, s.y, s.n, tile, 16 / group);
    tiling.split(s.outputs);
    tiling.hold(s.accumulator.compute_at(s.outputs[0], tiling.tiles));
    Halide::Func sum = s.accumulator;
    if (s.has_spill) {
        tiling.unroll(s.accumulator.update(), {s.spills.x, s.spills.y, s.spills.z});
        sum = s.spill.compute_at(s.accumulator, s.spills.x);
        tiling.hold(s.spill);
        tiling.unroll(s.spill.update(), {s.runs.y});
    } else {
        tiling.unroll(s.accumulator.update(), {s.runs.y, s.runs.z, s.runs.w});
    }
    sum.update().atomic().vectorize(s.runs.x);
    if (s.has_rest) {
        tiling.unroll(sum.update(1), {s.taps.y, s.taps.z});
        sum.update(1).atomic().vectorize(s.taps.x);
    }

    const auto of_products = [&](Halide::Func products, const Halide::RVar &loop, const Halide::RDom &groups, int run) {
        products.compute_at(sum, loop).bound_extent(s.member, group).vectorize(s.member);
        tiling.hold(products);
        // A run that nothing useful divides is unrolled as a whole, and each code broadcast from memory.
        const int divisor = unrolled_products(run, 16 / group);
        const bool loads = are_loaded_at_once(divisor * group);
        const int together = loads ? divisor : run;
        const Halide::RVar steps{"steps"}, of_step{"of_step"};
        products.update().split(groups.x, steps, of_step, together).reorder(s.member, of_step).vectorize(s.member);
        tiling.unroll(products.update(), {of_step, steps});
        products.update().unroll(of_step);
        if (loads) tiling.load(s.seen_codes.in(products), products, steps, together * group);
    };
    of_products(s.partial, s.runs.y, s.in_run, s.run_length);
    if (s.has_rest) of_products(s.rest, s.taps.y, s.in_rest, s.rest_length);
    if (s.has_offset) window_sums(s.windows, s.outputs[0], s.n);
}

}  // namespace dsq::schedules
