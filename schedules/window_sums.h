// How the sums of the codes that windows see run, for an offset of the weights: of an image's pixels, then of the
// pixels below each other, then of these.
#pragma once

#include <Halide.h>

#include <numeric>

namespace dsq::schedules {

struct WindowSums {
    Halide::Func pixel{"pixel_sum"}, column{"column_sum"};  // (x, y, n); no column where a window is a pixel
    Halide::Func window{"window_sum"};                      // (x, y, n), of the output
};

inline void window_sums(WindowSums s, Halide::Func output, const Halide::Var &loop) {
    constexpr int codes = 16, sums = 4;
    const auto in_vectors = [](Halide::Func sum, int lanes) {
        sum.vectorize(sum.args()[0], lanes, Halide::TailStrategy::GuardWithIf);
    };
    in_vectors(s.window.compute_at(output, loop), sums);
    if (s.column.defined()) in_vectors(s.column.compute_at(s.window, s.window.args()[1]), sums);
    s.pixel.compute_at(output, loop);
    if (s.pixel.has_update_definition()) {
        const Halide::RVar channels = s.pixel.rvars()[0];
        const auto count = Halide::Internal::as_const_int(Halide::Internal::simplify(channels.extent()));
        s.pixel.update().atomic().vectorize(channels, std::gcd(codes, static_cast<int>(*count)));
    } else {
        in_vectors(s.pixel, codes);
    }
}

}  // namespace dsq::schedules
