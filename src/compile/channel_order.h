/// The order of input channels in which runs are longest: large weights are spread over the runs.
///
/// Whoever packs weights in this order has the input's channels in it too; the sum does not change. All of it is greedy
/// and the same on every machine.
#pragma once

#include <vector>

#include "compile/run_length.h"

namespace dsq {

/// A permutation of the input channels in which runs of this length are safe, if one is found; else the identity.
std::vector<int> channel_order(const WorstProducts &products, int run, int accumulator_bits = 8);

struct UniformRuns {
    int run = 0;  ///< at every tap; 0 where even single products leave the accumulator
    std::vector<int> order;
};

/// The longest run that was found, with its order: the identity where that is as good.
UniformRuns best_uniform_run(const WorstProducts &products, int accumulator_bits = 8);

struct TapRuns {
    std::vector<int> runs;   ///< of each tap
    std::vector<int> order;  ///< of all taps
};

/// Runs for each tap by itself in one order, with as few spills as was found.
TapRuns best_tap_runs(const WorstProducts &products, int accumulator_bits = 8);

}  // namespace dsq
