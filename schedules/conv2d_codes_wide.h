// How a convolution of codes by weights of 16 bits runs: a tile of pixels x channels stays in registers, in 32 bits.
#pragma once

#include "schedules/codes_tiling.h"

namespace dsq::schedules {

struct Conv2dCodesWideStages {
    std::vector<Halide::Func> outputs;  // (c, x, y, n)
    Halide::Func accumulator;           // (c, x, y, n)
    Halide::Func channel_sum, window;   // (x, y, n); only with an offset
    Halide::Var c, x, y, n;
    Halide::RDom products;
    bool has_offset;
};

inline void conv2d_codes_wide(Conv2dCodesWideStages s, CodesTile tile) {
    CodesTiling tiling(s.c, s.x, s.y, s.n, tile, 8);
    tiling.split(s.outputs);
    tiling.hold(s.accumulator.compute_at(s.outputs[0], tiling.tiles));
    tiling.unroll(s.accumulator.update(), {s.products.x, s.products.y, s.products.z});
    if (s.has_offset) codes_windows(s.channel_sum, s.window, s.outputs[0], tiling.block);
}

}  // namespace dsq::schedules
