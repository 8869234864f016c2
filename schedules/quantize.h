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
    // 32 Ki elements: a task of some microseconds, 160 KiB of traffic, within a core's L2.
    constexpr int chunk = 32768;
    Halide::Var chunks{"chunks"};
    // A vector of codes: the narrow output decides how many elements make a full store.
    const int lanes = target.natural_vector_size<uint8_t>();
    for (Halide::Func &output : stages.outputs) {
        output.split(stages.i, chunks, stages.i, chunk, Halide::TailStrategy::GuardWithIf)
            .vectorize(stages.i, lanes, Halide::TailStrategy::GuardWithIf)
            .parallel(chunks);
    }
    if (stages.outputs.size() == 2) stages.outputs[1].compute_with(stages.outputs[0], stages.i);
}

}  // namespace dsq::schedules
