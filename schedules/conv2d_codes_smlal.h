// How a convolution of codes with 16-bit products runs: a tile of pixels x channels stays in registers.
#pragma once

#include "schedules/codes_tiling.h"

namespace dsq::schedules {

struct Conv2dCodesSmlalStages {
    std::vector<Halide::Func> outputs;  // (c, x, y, n), one or two of one size
    Halide::Func accumulator;           // (c, x, y, n)
    Halide::Func spill;                 // (c, x, y, n, part, kx, ky); only with 32 bits
    Halide::Func seen_codes;            // (ci, x, y, n, kx, ky): codes
    Halide::Func channel_sum, window;   // (x, y, n); only with an offset
    Halide::Var c, x, y, n;
    Halide::RDom channels, spills;
    int spilled_channels;  // added in 16 bits
    bool has_spill, has_offset;
};

inline void conv2d_codes_smlal(Conv2dCodesSmlalStages s, CodesTile tile) {
    CodesTiling tiling(s.c, s.x, s.y, s.n, tile);
    tiling.split(s.outputs);
    tiling.hold(s.accumulator.compute_at(s.outputs[0], tiling.tiles));
    const int together = unrolled_products(s.spilled_channels);
    const Halide::RVar steps{"steps"}, of_step{"of_step"};
    const auto add_products = [&](Halide::Func sum, const std::vector<Halide::RVar> &taps) {
        std::vector<Halide::RVar> loops{of_step, steps};
        loops.insert(loops.end(), taps.begin(), taps.end());
        sum.update().split(s.channels.x, steps, of_step, together);
        tiling.unroll(sum.update(), loops);
        sum.update().unroll(of_step);
        if (are_loaded_at_once(together)) tiling.load(s.seen_codes.in(sum), sum, steps, together);
    };
    if (s.has_spill) {
        tiling.unroll(s.accumulator.update(), {s.spills.x, s.spills.y, s.spills.z});
        tiling.hold(s.spill.compute_at(s.accumulator, s.spills.x));
        add_products(s.spill, {});
    } else {
        add_products(s.accumulator, {s.channels.y, s.channels.z});
    }
    if (s.has_offset) codes_windows(s.channel_sum, s.window, s.outputs[0], s.n);
}

}  // namespace dsq::schedules
