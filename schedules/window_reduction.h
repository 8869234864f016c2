// How an operator runs that reduces a window of pixels to one: a vector of channels of a pixel stays in a register for
// the whole window.
#pragma once

#include <Halide.h>

#include <algorithm>
#include <vector>

namespace dsq::schedules {

// What is reduced for an output, over `window` (x and y). It may use those before it.
struct WindowReduction {
    Halide::Func reduced;  // (c, x, y, n)
    Halide::RDom window;
};

struct WindowReductionStages {
    Halide::Func output;  // (c, x, y, n)
    Halide::Var c;
    std::vector<WindowReduction> reductions;
};

inline void window_reduction(WindowReductionStages stages, const Halide::Target &target) {
    using Halide::TailStrategy;
    constexpr int most_lanes = 16;  // more than few networks have channels in their first layers
    const int lanes = std::min(target.natural_vector_size(stages.output.type()), most_lanes);
    Halide::Var vector{"vector"};
    stages.output.split(stages.c, vector, stages.c, lanes, TailStrategy::GuardWithIf).vectorize(stages.c);
    for (WindowReduction &reduction : stages.reductions) {
        Halide::Func &reduced = reduction.reduced;
        reduced.compute_at(stages.output, vector)
            .store_in(Halide::MemoryType::Stack)
            .vectorize(stages.c, lanes, TailStrategy::GuardWithIf);
        reduced.update()
            .reorder(stages.c, reduction.window.x, reduction.window.y)
            .vectorize(stages.c, lanes, TailStrategy::GuardWithIf);
    }
}

// The same, an image a task if `parallel`.
inline void window_reduction_of_images(WindowReductionStages stages,
                                       const Halide::Var &n,
                                       const Halide::Target &target,
                                       bool parallel = true) {
    window_reduction(stages, target);
    if (parallel) stages.output.parallel(n);
}

}  // namespace dsq::schedules
