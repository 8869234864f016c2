// How reals become codes: a vector of channels of a pixel after the other.
#pragma once

#include <Halide.h>

namespace dsq::schedules {

struct QuantizeRealsStages {
    Halide::Func codes;  // (c, x, y, n)
    Halide::Var c;
};

inline void quantize_reals(QuantizeRealsStages s) {
    constexpr int lanes = 16;  // of codes
    s.codes.vectorize(s.c, lanes, Halide::TailStrategy::GuardWithIf);
}

}  // namespace dsq::schedules
