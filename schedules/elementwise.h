// How a kernel runs that gives each element of a tensor by itself: vectors of channels, images in parallel.
#pragma once

#include <Halide.h>

namespace dsq::schedules {

struct TensorVars {
    Halide::Var c, x, y, n;
};

inline void elementwise(Halide::Func output, TensorVars at, const Halide::Target &target) {
    output.vectorize(at.c, target.natural_vector_size<float>(), Halide::TailStrategy::GuardWithIf).parallel(at.n);
}

}  // namespace dsq::schedules
