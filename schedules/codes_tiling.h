// How a tile of pixels x channels of a convolution of codes stays in registers, with all levels of its sums: what the
// ways that broadcast activations share.
#pragma once

#include <Halide.h>

#include <algorithm>
#include <vector>

namespace dsq::schedules {

struct CodesTile {
    int pixels;
    int channels;
    int width;  // of the output
    int out_channels;
};

// The stages of one tile: (c, x, y, n, ...).
class CodesTiling {
public:
    CodesTiling(const Halide::Var &c, const Halide::Var &x, const Halide::Var &y, const Halide::Var &n, CodesTile tile)
        : c_(c), x_(x), y_(y), n_(n), tile_(tile) {
    }

    // A loop over tiles of the output, channels outermost: a tile's weights stay in cache for the whole image.
    void split(Halide::Func output) {
        using Halide::TailStrategy;
        const bool divides = tile_.out_channels % tile_.channels == 0;
        output.split(c_, block, c_, tile_.channels, divides ? TailStrategy::RoundUp : TailStrategy::GuardWithIf)
            .split(x_, tiles, x_, std::min(tile_.pixels, tile_.width), TailStrategy::ShiftInwards)
            .reorder(c_, x_, tiles, y_, block, n_)
            .vectorize(c_, lanes)
            .unroll(c_)
            .unroll(x_);
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
        stage.reorder(order).vectorize(c_, lanes).unroll(c_).unroll(x_);
    }

    Halide::Var block{"block"}, tiles{"tiles"};

private:
    static constexpr int lanes = 16;  // of codes

    Halide::Var c_, x_, y_, n_;
    CodesTile tile_;
};

// The sums of a window's codes, for an offset of the weights.
inline void codes_windows(Halide::Func channel_sum,
                          Halide::Func window,
                          Halide::Func output,
                          const Halide::Var &block) {
    window.compute_at(output, block);
    channel_sum.compute_at(output, block);
}

}  // namespace dsq::schedules
