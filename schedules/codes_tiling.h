// How a tile of pixels x channels of a convolution of codes stays in registers, with all levels of its sums: what the
// ways that broadcast activations share.
#pragma once

#include <Halide.h>

#include <algorithm>
#include <numeric>
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
        sum.store_in(Halide::MemoryType::Stack).bound_extent(c_, tile_.channels);
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

// The sums of a window's codes, for an offset of the weights: those of a pixel in one vector, then neighbours in one.
inline void codes_windows(Halide::Func channel_sum, Halide::Func window, Halide::Func output, const Halide::Var &loop) {
    constexpr int codes = 16, sums = 4;
    const Halide::RVar channels = channel_sum.rvars()[0];
    const auto count = Halide::Internal::as_const_int(Halide::Internal::simplify(channels.extent()));
    window.compute_at(output, loop).vectorize(window.args()[0], sums, Halide::TailStrategy::GuardWithIf);
    channel_sum.compute_at(output, loop);
    channel_sum.update().atomic().vectorize(channels, std::gcd(codes, static_cast<int>(*count)));
}

}  // namespace dsq::schedules
