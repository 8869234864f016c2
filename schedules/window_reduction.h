// How an operator runs that reduces a window of pixels to one: a vector of channels of a pixel stays in a register for
// the whole window; an image a task.
#pragma once

#include <Halide.h>

namespace dsq::schedules {

struct WindowReductionStages {
    Halide::Func output, reduced;  // (c, x, y, n); the update of `reduced` runs over `window`
    Halide::Var c, x, n;
    Halide::RDom window;
};

inline void window_reduction(WindowReductionStages stages, const Halide::Target &target) {
    using Halide::TailStrategy;
    const int lanes = target.natural_vector_size<float>();
    Halide::Var vector{"vector"};
    stages.output.split(stages.c, vector, stages.c, lanes, TailStrategy::GuardWithIf)
        .vectorize(stages.c)
        .parallel(stages.n);
    stages.reduced.compute_at(stages.output, vector).vectorize(stages.c, lanes, TailStrategy::GuardWithIf);
    stages.reduced.update()
        .reorder(stages.c, stages.window.x, stages.window.y)
        .vectorize(stages.c, lanes, TailStrategy::GuardWithIf);
}

}  // namespace dsq::schedules
