// How the loss runs: an image a lane, so that classes are as many as they like.
#pragma once

#include <Halide.h>

#include <vector>

namespace dsq::schedules {

struct CrossEntropyStages {
    Halide::Func largest, sums;         // (n); their updates run over `r`
    std::vector<Halide::Func> outputs;  // (n) or (k, n)
    Halide::Var n;
    Halide::RDom r;  // classes
};

inline void cross_entropy(CrossEntropyStages stages, const Halide::Target &target) {
    using Halide::TailStrategy;
    const int lanes = target.natural_vector_size<float>();
    constexpr int task_images = 32;
    Halide::Var task{"task"}, vector{"vector"};
    const auto split = [&](Halide::Stage stage) {
        return stage.split(stages.n, task, stages.n, task_images, TailStrategy::GuardWithIf)
            .split(stages.n, vector, stages.n, lanes, TailStrategy::GuardWithIf)
            .vectorize(stages.n)
            .parallel(task);
    };
    for (Halide::Func &reduced : {std::ref(stages.largest), std::ref(stages.sums)}) {
        split(reduced.compute_root());
        split(reduced.update()).reorder(stages.n, stages.r.x, vector, task);
    }
    for (Halide::Func &output : stages.outputs) {
        Halide::Stage stage = split(output);
        if (output.args().size() == 2) stage.reorder(stages.n, output.args()[0], vector, task);
    }
}

}  // namespace dsq::schedules
