// How a convolution of codes with 16-bit products runs: a tile of pixels x channels stays in registers.
#pragma once

#include "schedules/codes_tiling.h"
#include "schedules/window_sums.h"

namespace dsq::schedules {

struct Conv2dCodesSmlalStages {
    std::vector<Halide::Func> outputs;  // (c, x, y, n), one or two of one size
    Halide::Func accumulator;           // (c, x, y, n)
    Halide::Func spill;                 // (member, c, x, y, n, part, kx, ky); only with 32 bits
    Halide::Func seen_codes;            // (ci, x, y, n, kx, ky): codes
    WindowSums windows;                 // only with an offset
    Halide::Var c, x, y, n, member;
    Halide::RDom channels, spills;
    int spilled_groups;  // added in 16 bits
    bool has_spill, has_offset;
};

// group: members of one, which lie side by side in a vector.
inline void conv2d_codes_smlal(Conv2dCodesSmlalStages s, CodesTile tile, int group) {
    CodesTiling tiling(s.c, s.x, s.y, s.n, tile, 16 / group);
    tiling.split(s.outputs);
    tiling.hold(s.accumulator.compute_at(s.outputs[0], tiling.tiles));
    const int together = unrolled_products(s.spilled_groups, 8 / group);
    const Halide::RVar steps{"steps"}, of_step{"of_step"};
    const auto add_products = [&](Halide::Func sum, const std::vector<Halide::RVar> &taps) {
        std::vector<Halide::RVar> loops{of_step, steps};
        loops.insert(loops.end(), taps.begin(), taps.end());
        sum.update().split(s.channels.x, steps, of_step, together);
        if (s.has_spill) sum.update().reorder(s.member, of_step).vectorize(s.member);
        tiling.unroll(sum.update(), loops);
        sum.update().unroll(of_step);
        if (are_loaded_at_once(together * group)) {
            tiling.load(s.seen_codes.in(sum), sum, steps, together * group);
        }
    };
    if (s.has_spill) {
        tiling.unroll(s.accumulator.update(), {s.spills.y, s.spills.z, s.spills.w});
        s.accumulator.update().atomic().vectorize(s.spills.x);
        s.spill.bound_extent(s.member, group).vectorize(s.member);
        // Those of a group take twice the registers: a vector's are added before the next one's begin.
        const int channels = group > 1 ? 16 / group : tile.channels;
        const Halide::VarOrRVar loop = group > 1 ? Halide::VarOrRVar(s.c) : Halide::VarOrRVar(s.spills.y);
        tiling.hold(s.spill.compute_at(Halide::LoopLevel(s.accumulator, loop)), channels);
        add_products(s.spill, {});
    } else {
        add_products(s.accumulator, {s.channels.y, s.channels.z});
    }
    if (s.has_offset) window_sums(s.windows, s.outputs[0], s.n);
}

}  // namespace dsq::schedules
