// How a fully connected layer of codes runs: an image after the other, each output's sum along the elements.
#pragma once

#include <Halide.h>

namespace dsq::schedules {

struct LinearCodesStages {
    Halide::Func output, sum;            // (o, n)
    Halide::Func codes;                  // (i, n)
    Halide::Func largest, inverse_step;  // (n)
    Halide::Var i, o, n;
    Halide::RDom elements;
};

inline void linear_codes(LinearCodesStages s) {
    using Halide::TailStrategy;
    constexpr int lanes = 8;  // of products
    for (Halide::Func *of_image : {&s.largest, &s.inverse_step, &s.codes}) of_image->compute_at(s.output, s.n);
    s.codes.vectorize(s.i, lanes, TailStrategy::GuardWithIf);
    s.sum.compute_at(s.output, s.o);
    s.sum.update().atomic().vectorize(s.elements.x, lanes, TailStrategy::GuardWithIf);
}

}  // namespace dsq::schedules
