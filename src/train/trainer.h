/// The training loop.
#pragma once

#include <string>

#include "dsq/status.h"
#include "train/events.h"
#include "train/recipe.h"

namespace dsq {

struct TrainResult {
    EpochSummary last;     ///< epoch 0 where none was finished
    bool stopped = false;  ///< by TrainEvents::stop, with a checkpoint
    double best_test_accuracy = 0;
    int best_epoch = 0;  ///< from 1
    std::string model;   ///< path of the trained model
};

/// Trains what the recipe says, from the start or from the run's last checkpoint; `threads` is for the record. In
/// recipe.run_folder: `checkpoint.safetensors`, replaced after every epoch and every recipe.checkpoint_steps;
/// `model.safetensors`, of the last epoch, and `best.safetensors`, of the epoch with the highest accuracy on the test
/// images; `metrics.jsonl` (metrics.h). The same recipe gives the same bits, for any number of threads and however
/// often it was stopped and resumed. Error: whatever keeps it from going on; non_finite where the loss or a gradient is
/// no finite number, naming the tensor that went first. The last checkpoint stays.
Status train(const Recipe &recipe, bool resume, int threads, const TrainEvents &events, TrainResult &result);

}  // namespace dsq
