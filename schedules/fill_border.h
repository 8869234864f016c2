// How the border of a tensor is filled: an image a task if `parallel`.
#pragma once

#include <Halide.h>

namespace dsq::schedules {

struct FillBorderStages {
    Halide::Func tensor;  // (position in an image, n); its updates run over `bands` and `gaps`
    Halide::Var n;
    Halide::RDom bands, gaps;  // x: along memory
    bool parallel;
};

inline void fill_border(FillBorderStages stages, const Halide::Target &target) {
    const int lanes = target.natural_vector_size(stages.tensor.type());
    // Corners are written twice, with the same value and by the same thread.
    const auto in_vectors = [&](Halide::Stage update, const Halide::RVar &along) {
        update.allow_race_conditions().vectorize(along, lanes, Halide::TailStrategy::GuardWithIf);
        if (stages.parallel) update.parallel(stages.n);
    };
    in_vectors(stages.tensor.update(0), stages.bands.x);
    in_vectors(stages.tensor.update(1), stages.gaps.x);
}

}  // namespace dsq::schedules
