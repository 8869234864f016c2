// How an operator runs that computes each pixel by itself: its channels in vectors, an image a task.
#pragma once

#include <Halide.h>

namespace dsq::schedules {

struct ImageSweepStages {
    Halide::Func output;  // (c, x, y, n)
    Halide::Var c, n;
};

inline void image_sweep(ImageSweepStages stages, const Halide::Target &target) {
    stages.output.vectorize(stages.c, target.natural_vector_size<float>(), Halide::TailStrategy::GuardWithIf)
        .parallel(stages.n);
}

}  // namespace dsq::schedules
