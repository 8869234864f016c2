// How a step of an optimizer runs: limited by memory, so one sweep in vectors, in chunks for all cores.
#pragma once

#include <Halide.h>

namespace dsq::schedules {

struct OptimizerStepStages {
    Halide::Func state;  // its update over `r` reads and writes the same element
    Halide::RDom r;
};

inline void optimizer_step(OptimizerStepStages stages, const Halide::Target &target) {
    // 16 Ki parameters: a task of some microseconds.
    constexpr int chunk = 16384;
    Halide::RVar chunks{"chunks"}, in_chunk{"in_chunk"};
    stages.state.update()
        .split(stages.r.x, chunks, in_chunk, chunk, Halide::TailStrategy::GuardWithIf)
        .vectorize(in_chunk, target.natural_vector_size<float>(), Halide::TailStrategy::GuardWithIf)
        .parallel(chunks);
}

}  // namespace dsq::schedules
