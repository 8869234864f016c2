/// The search for the fastest way and tile of each layer: every candidate of the search space becomes a library of one
/// kernel, which is timed, or whose cycles are estimated.
///
/// Results are kept line by line in a file, so that a search that was stopped goes on where it was.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "compile/compile_target.h"
#include "tune/tuning_layer.h"

namespace dsq {

struct Trial {
    std::string layer;  ///< a name of it
    LayerKey key;
    WayChoice choice;
    bool is_default = false;    ///< what the compiler takes without a table
    double macs = 0;            ///< multiplications of an image
    std::vector<double> costs;  ///< cycles, or nanoseconds, on each of the cores; empty where it failed
    std::string error;          ///< why it failed
};

struct TuningProgress {
    std::size_t done = 0, all = 0;
    const Trial *last = nullptr;
    double best = 0;  ///< of the layer of the last one, on the first core
};

struct TuningOptions {
    CompileTarget target;
    std::vector<std::string> cores;  ///< whose cycles are estimated at once; of times: one, a name for the machine
    std::string runner;              ///< of a device, as ProgramRunner::remote; empty: here, or an estimate
    int budget = 0;                  ///< trials of a layer besides the default; 0: the whole search space
    int threads = 1;                 ///< that compile; times are taken one by one
    std::string folder;              ///< for files on the way
    std::string log;                 ///< the file of trials
    std::string version;             ///< of the program: trials of another are made again
    std::function<void(const TuningProgress &)> progress = {};
    std::function<bool()> stop = {};  ///< true: no more trials are begun
};

/// "cycles", or "ns" where programs are timed.
std::string unit_of(const TuningOptions &options);

/// Layers that are alike for the target are tuned once. `trials` is in the order of layers and of the search space,
/// whatever ran first. What fails is a trial too, and made again the next time if it was the measurement. Error: of the
/// log; invalid_argument where a layer has no default.
Status tune(const std::vector<TuningLayer> &layers, const TuningOptions &options, std::vector<Trial> &trials);

/// The best tile of each way for each layer, for the core with this number.
TunedTable table_of(const std::vector<Trial> &trials, const TuningOptions &options, std::size_t core);

}  // namespace dsq
