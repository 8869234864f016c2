// How a convolution of codes by Winograd's F(2x2, 3x3) runs: groups of whole rows of tiles, whose transformed input and
// sums stay in cache; of these, position by position, a few tiles x channels in registers.
#pragma once

#include <Halide.h>

#include <algorithm>
#include <vector>

#include "schedules/codes_tiling.h"
#include "schedules/window_sums.h"

namespace dsq::schedules {

struct Conv2dCodesWinogradStages {
    std::vector<Halide::Func> outputs{};      // (c, x, y, n), one or two of one size
    Halide::Func transformed{"transformed"};  // (c, t, n): of the input channels
    std::vector<Halide::Func> codes{};        // (c, t, n): of these, at each position
    std::vector<Halide::Func> partials{};     // (member, c, t, n, step)
    std::vector<Halide::Func> sums{};         // (c, t, n)
    std::vector<Halide::RDom> runs{}, steps{};
    std::vector<int> run_lengths{};
    Halide::Func result{"result"};  // (c, t, n)
    WindowSums windows;             // only with an offset
    Halide::Var c, t, x, y, n, member;
};

struct Conv2dCodesWinogradTile {
    int tiles;  // of 2x2 outputs
    int channels;
    int members;  // of a group of input channels, which lie side by side in a vector
    int group_tiles;
    int tiles_in_x;
    int tiles_in_y;
    int in_channels;
    int out_channels;
    bool has_offset;
};

// Rows of tiles of a group: they divide all of them.
inline int rows_of_group(const Conv2dCodesWinogradTile &tile) {
    int rows = std::clamp(tile.group_tiles / tile.tiles_in_x, 1, tile.tiles_in_y);
    while (tile.tiles_in_y % rows != 0) --rows;
    return rows;
}

// The sum at one position for a group of tiles and a block of channels.
inline void winograd_products(const Conv2dCodesWinogradStages &s,
                              std::size_t position,
                              const Conv2dCodesWinogradTile &tile,
                              int tiles,
                              int group) {
    const int lanes = 16 / tile.members;  // output channels of a vector of codes
    Halide::Func sum = s.sums[position], partial = s.partials[position], stored = sum.in(s.result);
    const Halide::RVar step = s.steps[position].y, run = s.runs[position].x;
    const auto in_registers = [&](Halide::Stage stage, const std::vector<Halide::VarOrRVar> &loops) {
        std::vector<Halide::VarOrRVar> order{s.c, s.t};
        order.insert(order.end(), loops.begin(), loops.end());
        stage.reorder(order).vectorize(s.c, lanes).unroll(s.c).unroll(s.t);
    };
    Halide::Var register_tile{"register_tile"};
    stored.store_in(Halide::MemoryType::Heap)
        .bound_extent(s.c, tile.channels)
        .bound_extent(s.t, group)
        .split(s.t, register_tile, s.t, tiles, Halide::TailStrategy::RoundUp);
    in_registers(stored, {register_tile});
    sum.compute_at(stored, register_tile).store_in(Halide::MemoryType::Stack).bound_extent(s.c, tile.channels);
    in_registers(sum, {});
    in_registers(sum.update(), {step});
    sum.update().atomic().vectorize(s.steps[position].x);
    partial.compute_at(sum, step)
        .store_in(Halide::MemoryType::Stack)
        .bound_extent(s.member, tile.members)
        .bound_extent(s.c, tile.channels)
        .vectorize(s.member);
    in_registers(partial, {});
    // Codes of several channels come into a register together: instructions that broadcast one from there need no
    // address.
    const int together = unrolled_products(s.run_lengths[position]);
    const Halide::RVar of_run{"of_run"}, run_steps{"run_steps"};
    partial.update().split(run, run_steps, of_run, together).reorder(s.member, of_run).vectorize(s.member);
    in_registers(partial.update(), {of_run, run_steps});
    partial.update().unroll(of_run);
    if (const int codes = together * tile.members; are_loaded_at_once(codes)) {
        Halide::Func loaded = s.codes[position];
        loaded.compute_at(partial, run_steps)
            .store_in(Halide::MemoryType::Stack)
            .bound_extent(s.c, codes)
            .vectorize(s.c, codes)
            .unroll(s.t);
    }
    // With tiles this far apart, their addresses leave no register for a second vector of weights beside both sums.
    const bool is_tight = partial.type().bits() == 8 && tile.channels / lanes > tiles && tile.in_channels >= 512;
    if (is_tight) partial.update().reorder(s.t, s.c);
}

inline void conv2d_codes_winograd(Conv2dCodesWinogradStages s, const Conv2dCodesWinogradTile &tile) {
    using Halide::TailStrategy;
    constexpr int lanes = 16, sums = 8;  // of codes, and of 16 bits
    const int rows = rows_of_group(tile), tiles = std::min(tile.tiles, rows * tile.tiles_in_x);
    const int group = (rows * tile.tiles_in_x + tiles - 1) / tiles * tiles;
    const auto exact = [](bool divides) { return divides ? TailStrategy::RoundUp : TailStrategy::GuardWithIf; };
    const TailStrategy of_channels = exact(tile.out_channels % tile.channels == 0);
    Halide::Var block{"block"}, groups{"groups"}, tile_x{"tile_x"}, tile_y{"tile_y"}, vectors{"vectors"};
    for (Halide::Func &output : s.outputs) {
        output.split(s.c, block, s.c, tile.channels, of_channels)
            .split(s.c, vectors, s.c, sums, of_channels)
            .split(s.x, tile_x, s.x, 2, TailStrategy::GuardWithIf)
            .split(s.y, tile_y, s.y, 2, TailStrategy::GuardWithIf)
            .split(tile_y, groups, tile_y, rows)
            .reorder({s.c, s.x, s.y, vectors, tile_x, tile_y, block, groups, s.n})
            .vectorize(s.c)
            .unroll(s.x)
            .unroll(s.y);
    }
    run_together(s.outputs, vectors);
    s.result.compute_at(s.outputs[0], vectors)
        .store_in(Halide::MemoryType::Stack)
        .vectorize(s.c, sums, TailStrategy::RoundUp);
    for (std::size_t position = 0; position < s.sums.size(); ++position) {
        s.sums[position].in(s.result).compute_at(s.outputs[0], block);
        winograd_products(s, position, tile, tiles, group);
    }
    s.transformed.compute_at(s.outputs[0], groups)
        .store_in(Halide::MemoryType::Heap)
        .bound_extent(s.t, group)
        .vectorize(s.c, lanes, exact(tile.in_channels % lanes == 0));
    if (tile.has_offset) window_sums(s.windows, s.outputs[0], s.n);
}

}  // namespace dsq::schedules
