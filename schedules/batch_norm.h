// How an elementwise kernel over images runs whose factors belong to channels: a vector of channels goes along a row,
// its factors in registers; images for all cores.
#pragma once

#include <Halide.h>

#include <vector>

namespace dsq::schedules {

struct BatchNormStages {
    std::vector<Halide::Func> outputs;  // (c, x, y, n), all of one size
    Halide::Var c, x, y, n;
};

inline void batch_norm(BatchNormStages s, const Halide::Target &target) {
    Halide::Var block{"block"};
    const int lanes = target.natural_vector_size<float>();
    for (Halide::Func &output : s.outputs) {
        output.split(s.c, block, s.c, lanes, Halide::TailStrategy::GuardWithIf)
            .reorder(s.c, s.x, block, s.y, s.n)
            .vectorize(s.c)
            .parallel(s.n);
    }
    if (s.outputs.size() == 2) s.outputs[1].compute_with(s.outputs[0], s.x);
}

}  // namespace dsq::schedules
