// How the backward pass of max pooling runs: an image a task, first which pixel won each of its windows.
#pragma once

#include <Halide.h>

#include "schedules/window_reduction.h"

namespace dsq::schedules {

struct MaxPoolBackwardStages {
    WindowReductionStages winners, gradients;
    Halide::Var n;
};

inline void max_pool_backward(MaxPoolBackwardStages stages, const Halide::Target &target) {
    window_reduction_of_images(stages.gradients, stages.n, target);
    window_reduction(stages.winners, target);
    stages.winners.output.compute_at(stages.gradients.output, stages.n);
}

}  // namespace dsq::schedules
