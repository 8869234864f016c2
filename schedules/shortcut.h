// How a shortcut runs: zeros, then the channels that there are; an image a task if `parallel`.
#pragma once

#include <Halide.h>

namespace dsq::schedules {

struct ShortcutStages {
    Halide::Func output;  // (c, x, y, n); its update runs over `channels`
    Halide::Var c, n;
    Halide::RDom channels;
    bool parallel;
};

inline void shortcut(ShortcutStages stages, const Halide::Target &target) {
    using Halide::TailStrategy;
    const int lanes = target.natural_vector_size<float>();
    stages.output.vectorize(stages.c, lanes, TailStrategy::GuardWithIf);
    stages.output.update().vectorize(stages.channels.x, lanes, TailStrategy::GuardWithIf);
    if (!stages.parallel) return;
    stages.output.parallel(stages.n);
    stages.output.update().parallel(stages.n);
}

}  // namespace dsq::schedules
