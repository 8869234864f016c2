// How a convolution of bits runs: an image's activations are packed at its start; then a tile of pixels x channels of
// counts stays in registers, and the pairs of bytes of a pixel are broadcast.
#pragma once

#include <Halide.h>

#include <cstdint>
#include <numeric>

#include "schedules/codes_tiling.h"
#include "schedules/window_sums.h"

namespace dsq::schedules {

struct Conv2dCodesPopcountStages {
    std::vector<Halide::Func> outputs;    // (c, x, y, n), one or two of one size
    Halide::Func accumulator, differing;  // (c, x, y, n)
    Halide::Func bits;                    // (byte, plane, step, x, y, n)
    WindowSums windows;                   // only with an offset
    Halide::Var c, x, y, n, byte, plane;
    Halide::RDom pairs;
    int packed_steps;  // of the input channels
    int planes;        // of the activations
    bool has_windows;
};

inline void conv2d_codes_popcount(Conv2dCodesPopcountStages s, CodesTile tile, const Halide::Target &target) {
    const int lanes = std::gcd(target.natural_vector_size<std::uint16_t>(), tile.channels);  // of counts
    constexpr int longest_unroll = 4;
    CodesTiling tiling(s.c, s.x, s.y, s.n, tile, lanes);
    tiling.split(s.outputs);

    s.differing.compute_at(s.outputs[0], tiling.tiles)
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
        .unroll(s.pairs.y,
                std::gcd(s.packed_steps, longest_unroll));  // what starts a step runs beside what ends another

    s.bits.compute_at(s.outputs[0], s.n).bound(s.byte, 0, 2).bound(s.plane, 0, s.planes).unroll(s.byte).unroll(s.plane);

    if (s.has_windows) window_sums(s.windows, s.outputs[0], s.n);
}

}  // namespace dsq::schedules
