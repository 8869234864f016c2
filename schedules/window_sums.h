// How the sums of the codes that windows see run, for an offset of the weights: of an image's pixels, then of the
// pixels below each other, then of these.
#pragma once

#include <Halide.h>

#include <numeric>

namespace dsq::schedules {

struct WindowSums {
    Halide::Func lane{"lane_sum"};  // (lane, x, y, n) of a pixel, where vectors fill its channels
    Halide::RDom pairs;             // channels of a lane: neighbours, which one instruction adds, and pairs of them
    Halide::Func pixel{"pixel_sum"}, column{"column_sum"};  // (x, y, n); no column where a window is a pixel
    Halide::RDom channels;                                  // or lanes, of a pixel
    Halide::Func window{"window_sum"};                      // (x, y, n), of the output
};

inline void window_sums(WindowSums s, Halide::Func output, const Halide::Var &loop) {
    using Halide::TailStrategy;
    constexpr int codes = 16, sums = 4, pixels = 4;
    const Halide::Var x = s.window.args()[0], y = s.window.args()[1];
    const auto count = [](const Halide::RVar &r) {
        return static_cast<int>(*Halide::Internal::as_const_int(Halide::Internal::simplify(r.extent())));
    };
    s.window.compute_at(output, loop).vectorize(x, sums, TailStrategy::GuardWithIf);
    if (s.column.defined()) s.column.compute_at(s.window, y).vectorize(x, sums, TailStrategy::GuardWithIf);
    s.pixel.compute_at(output, loop);
    if (!s.pixel.has_update_definition()) {
        s.pixel.vectorize(x, codes, TailStrategy::GuardWithIf);
        return;
    }
    s.pixel.update().atomic().vectorize(s.channels, std::gcd(codes, count(s.channels)));
    if (!s.lane.defined()) return;
    // Pixels side by side: a sum waits for the one before it.
    s.pixel.update().unroll(x, pixels, TailStrategy::GuardWithIf);
    const Halide::Var lane = s.lane.args()[0];
    s.lane.compute_at(s.pixel, x).store_in(Halide::MemoryType::Stack).vectorize(lane);
    s.lane.update().atomic().vectorize(s.pairs.x).vectorize(lane).unroll(s.pairs.y, std::gcd(codes, count(s.pairs.y)));
}

}  // namespace dsq::schedules
