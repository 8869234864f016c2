// How an operator runs that reduces a window of pixels to one: a vector of channels of a pixel stays in a register for
// the whole window; several of them where their number is known, so that each address serves all.
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
    int channels = 0;  // 0: any number
    int extent = 0;    // of the windows; 0: any
};

// The most vectors that divide the channels and leave registers.
inline int vectors_held(int channels, int lanes) {
    int vectors = 8;
    while (vectors > 1 && (channels == 0 || channels % (vectors * lanes) != 0)) --vectors;
    return vectors;
}

inline void window_reduction(WindowReductionStages stages, const Halide::Target &target) {
    using Halide::TailStrategy;
    constexpr int most_unrolled = 3;
    constexpr int most_lanes = 16;  // more than few networks have channels in their first layers
    const int lanes = std::min(target.natural_vector_size(stages.output.type()), most_lanes);
    const int held = lanes * vectors_held(stages.channels, lanes);
    Halide::Var vectors{"vectors"}, vector{"vector"};
    const auto hold = [&](Halide::Stage stage) -> Halide::Stage {
        stage.split(stages.c, vector, stages.c, lanes, TailStrategy::GuardWithIf).vectorize(stages.c);
        return held > lanes ? stage.unroll(vector) : stage;
    };
    hold(stages.output.split(stages.c, vectors, stages.c, held, TailStrategy::GuardWithIf));
    for (WindowReduction &reduction : stages.reductions) {
        Halide::Func &reduced = reduction.reduced;
        reduced.compute_at(stages.output, vectors).store_in(Halide::MemoryType::Stack);
        if (held > lanes) reduced.bound_extent(stages.c, held);
        hold(reduced);
        Halide::Stage update = hold(reduced.update());
        update.reorder(stages.c, vector, reduction.window.x, reduction.window.y);
        if (stages.extent > 0 && stages.extent <= most_unrolled) update.unroll(reduction.window.x);
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
