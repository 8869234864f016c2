// How a tile of pixels x channels of a convolution of codes stays in registers, with all levels of its sums: what the
// ways that broadcast activations share.
#pragma once

#include <Halide.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace dsq::schedules {

struct CodesTile {
    int pixels;
    int channels;
    int width;  // of the output
    int out_channels;
};

// Outputs of one size in one loop, down to this one.
inline void run_together(std::vector<Halide::Func> outputs, const Halide::Var &loop) {
    for (std::size_t i = 1; i < outputs.size(); ++i) outputs[i].compute_with(outputs[0], loop);
}

// Whether so many codes come into a register by one load: others would go there through the stack.
inline bool are_loaded_at_once(int codes) {
    constexpr int fewest = 4;
    return codes >= fewest && (codes & (codes - 1)) == 0;
}

// The stages of one tile: (c, x, y, n, ...).
class CodesTiling {
public:
    // lanes: of a vector along the channels, which divides the tile's.
    CodesTiling(const Halide::Var &c,
                const Halide::Var &x,
                const Halide::Var &y,
                const Halide::Var &n,
                CodesTile tile,
                int lanes = 16)
        : c_(c), x_(x), y_(y), n_(n), tile_(tile), lanes_(lanes) {
    }

    // A loop over tiles of the output, channels outermost: a tile's weights stay in cache for the whole image.
    void split(std::vector<Halide::Func> outputs) {
        split(std::move(outputs), lanes_);
    }
    // lanes: of a vector of these outputs.
    void split(std::vector<Halide::Func> outputs, int lanes) {
        using Halide::TailStrategy;
        const bool divides = tile_.out_channels % tile_.channels == 0;
        for (Halide::Func &output : outputs) {
            output.split(c_, block, c_, tile_.channels, divides ? TailStrategy::RoundUp : TailStrategy::GuardWithIf)
                .split(x_, tiles, x_, even_pixels(), TailStrategy::ShiftInwards)
                .reorder(c_, x_, tiles, y_, block, n_)
                .vectorize(c_, lanes)
                .unroll(c_)
                .unroll(x_);
        }
        run_together(outputs, tiles);
    }
    // A sum's start value, in the registers.
    void hold(Halide::Func sum) {
        hold(sum, tile_.channels);
    }
    // channels: of a part of the tile.
    void hold(Halide::Func sum, int channels) {
        sum.store_in(Halide::MemoryType::Stack).bound_extent(c_, channels);
        unroll(sum, {});
    }
    // A stage of it, for each step of these loops, the first innermost.
    void unroll(Halide::Stage stage, const std::vector<Halide::RVar> &loops) {
        std::vector<Halide::VarOrRVar> order{c_, x_, y_, n_};
        order.insert(order.end(), loops.begin(), loops.end());
        stage.reorder(order).vectorize(c_, lanes_).unroll(c_).unroll(x_);
    }
    // Codes that each step of a loop over products takes: those of several channels come into a register together, for
    // instructions that broadcast one from there need no address.
    void load(Halide::Func codes, Halide::Func products, const Halide::RVar &loop, int channels) {
        const Halide::Var channel = codes.args()[0];
        codes.compute_at(products, loop)
            .store_in(Halide::MemoryType::Stack)
            .bound_extent(channel, channels)
            .vectorize(channel, channels)
            .unroll(x_);
    }

    Halide::Var block{"block"}, tiles{"tiles"};

private:
    // Of as many tiles as a row takes, so that the last repeats the fewest.
    int even_pixels() const {
        const int count = (tile_.width + tile_.pixels - 1) / tile_.pixels;
        return (tile_.width + count - 1) / count;
    }

    Halide::Var c_, x_, y_, n_;
    CodesTile tile_;
    int lanes_;
};

// How much of a run is unrolled: all of a short one, and of others enough to hide the loop, little enough for a small
// instruction cache.
inline int unrolled_products(int run, int most = 8) {
    int products = std::min(run, most);
    while (run % products != 0) --products;
    return products;
}

}  // namespace dsq::schedules
