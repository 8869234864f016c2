/// The training loop.
#pragma once

#include "dsq/status.h"
#include "train/events.h"
#include "train/recipe.h"

namespace dsq {

struct TrainOptions {
    bool resume = false;  ///< go on from the checkpoint of recipe.run_folder
    int threads = 0;      ///< for the record: what set_thread_count was given
};

struct TrainSummary {
    bool finished = false;  ///< false: stopped by TrainEvents::stop, with a checkpoint
    int epochs = 0;
    double test_accuracy = 0;  ///< of the last epoch
    double best_accuracy = 0;
    int best_epoch = 0;  ///< from 1
    std::string model;   ///< path of the trained model
};

/// Trains what the recipe says. In recipe.run_folder: `checkpoint.safetensors`, replaced after every epoch and every
/// recipe.checkpoint_steps; `model.safetensors`, of the last epoch, and `best.safetensors`, of the epoch with the
/// highest accuracy on the test images; `metrics.jsonl` (metrics.h). The same recipe gives the same bits, for any
/// number of threads and however often it was stopped and resumed. Error: whatever keeps it from going on; non_finite
/// where the loss or a gradient is no finite number, naming the tensor that went first. The last checkpoint stays.
Status train(const Recipe &recipe, const TrainOptions &options, const TrainEvents &events, TrainSummary &summary);

}  // namespace dsq
