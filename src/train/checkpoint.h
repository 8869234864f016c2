/// What a run needs to go on, bit for bit, in one file that is replaced at once.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "dsq/status.h"
#include "model/model.h"

namespace dsq {

/// Where a run is: `batch` batches of epoch `epoch` (both from 0) are done.
struct RunPosition {
    int epoch = 0;
    int batch = 0;
    std::int64_t step = 0;  ///< of the whole run
    double loss_sum = 0;    ///< over the images of this epoch so far
    std::int64_t correct = 0;
    std::int64_t images = 0;
    double seconds = 0;               ///< of this epoch so far
    std::uint64_t metrics_bytes = 0;  ///< of the metrics file
    double best_accuracy = 0;
    int best_epoch = 0;
};

struct Checkpoint {
    Model model;
    std::map<std::string, Tensor> optimizer;  ///< names begin with `optimizer.`
    RunPosition position;
    std::string recipe;  ///< as JSON
};

Status write_checkpoint(const std::string &path, const Checkpoint &checkpoint);

/// Error: invalid_file, naming the file and what is wrong; `checkpoint` is unchanged then.
Status read_checkpoint(const std::string &path, Checkpoint &checkpoint);

}  // namespace dsq
