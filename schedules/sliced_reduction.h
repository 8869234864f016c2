// Sums over a tensor with the same bits for any number of threads: a fixed tree of slices, lanes and totals.
#pragma once

#include <Halide.h>

namespace dsq::schedules {

// A slice is the unit of work of a thread, and ends in one partial sum per lane. Part of the algorithm: it fixes the
// order of the additions. 16 lanes fill one AVX-512 register, two of AVX2, four of NEON.
constexpr int reduction_lanes = 16;
constexpr int reduction_slice = 16384;

struct SlicedReductionStages {
    Halide::Func partial;  // (lane of all slices); its update runs over `slices`
    Halide::Func totals;   // the sum of the partial sums
    Halide::Func outcome;  // what the kernel returns, `outcomes` numbers (k)
    Halide::Var k;
    int outcomes;
    Halide::RDom slices;  // x: lane, y: row of a slice, z: slice
};

inline void sliced_reduction(SlicedReductionStages stages) {
    stages.outcome.bound(stages.k, 0, stages.outcomes).unroll(stages.k);
    stages.totals.compute_root();
    stages.partial.compute_root().vectorize(stages.partial.args().front(), reduction_lanes);
    // Each lane of each slice is written by one thread only, which Halide cannot see through the flattened index.
    stages.partial.update().allow_race_conditions().vectorize(stages.slices.x).parallel(stages.slices.z);
}

}  // namespace dsq::schedules
