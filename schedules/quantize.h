// How the forward pass of a quantizer runs: it is bound by memory, so vectors, chunks for all cores, nothing else.
#pragma once

#include <Halide.h>

#include <vector>

namespace dsq::schedules {

struct QuantizeStages {
    std::vector<Halide::Func> outputs;  // (i), all of one size
    Halide::Var i;
    Halide::Expr size;
};

inline void quantize(QuantizeStages stages, const Halide::Target &target) {
    // A vector of codes: the narrow output decides how many elements make a full store.
    const int lanes = target.natural_vector_size<uint8_t>();
    // At most 32 Ki elements: a task of some microseconds, 160 KiB of traffic, within a core's L2. Chunks are alike: in
    // a short one the vectors behind its end would be masked one by one, which takes longer than elements do.
    const int most = 32768 / lanes;
    const Halide::Expr vectors = (Halide::max(stages.size, 1) + lanes - 1) / lanes;
    const Halide::Expr count = (vectors + most - 1) / most, chunk = (vectors + count - 1) / count * lanes;
    Halide::Var chunks{"chunks"};
    for (Halide::Func &output : stages.outputs) {
        output.split(stages.i, chunks, stages.i, chunk, Halide::TailStrategy::GuardWithIf)
            .vectorize(stages.i, lanes, Halide::TailStrategy::GuardWithIf)
            .parallel(chunks);
    }
    if (stages.outputs.size() == 2) stages.outputs[1].compute_with(stages.outputs[0], stages.i);
}

}  // namespace dsq::schedules
