// How reals become codes: a vector of channels of a pixel after the other, several side by side where their number is
// known.
#pragma once

#include <Halide.h>

#include <numeric>

namespace dsq::schedules {

struct QuantizeRealsStages {
    Halide::Func codes;  // (c, x, y, n)
    Halide::Var c;
    int channels = 0;  // 0: any number
};

inline void quantize_reals(QuantizeRealsStages s) {
    constexpr int lanes = 16;  // of codes
    constexpr int most_side_by_side = 4;
    s.codes.vectorize(s.c, lanes, Halide::TailStrategy::GuardWithIf);
    if (s.channels % lanes == 0 && s.channels > 0) s.codes.unroll(s.c, std::gcd(s.channels / lanes, most_side_by_side));
}

}  // namespace dsq::schedules
