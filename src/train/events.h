/// What training tells while it runs, and what may stop it.
#pragma once

#include <functional>
#include <string>

namespace dsq {

struct Progress {
    int epoch = 0;  ///< from 1
    int epochs = 0;
    int step = 0;  ///< of the epoch, from 1
    int steps = 0;
    double loss = 0;      ///< mean of the epoch so far
    double accuracy = 0;  ///< of the epoch so far, 0 to 1
    double images_per_second = 0;
    double seconds_left = 0;  ///< of the whole run
};

struct EpochSummary {
    int epoch = 0;  ///< from 1
    int epochs = 0;
    double train_loss = 0, train_accuracy = 0;
    double test_loss = 0, test_accuracy = 0;
    bool test_of_integers = false;  ///< by the graph of integers that is deployed; else in float32
    double seconds = 0;
    double learning_rate = 0;
};

/// Callbacks, called on the thread that trains; each may be empty.
struct TrainEvents {
    std::function<void(const Progress &)> step;
    std::function<void(const EpochSummary &)> epoch;
    std::function<void(const std::string &)> note;  ///< a line worth reading: "resumed at epoch 3", ...
    std::function<bool()> stop;                     ///< true: write a checkpoint and return
};

}  // namespace dsq
