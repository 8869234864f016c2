/// How well a model does on a data set.
#pragma once

#include "data/data_set.h"
#include "dsq/status.h"
#include "execute/executor.h"

namespace dsq {

struct Evaluation {
    int images = 0;
    int correct = 0;
    double loss = 0;  ///< mean cross-entropy, without smoothing
    double seconds = 0;

    double accuracy() const {
        return images == 0 ? 0.0 : static_cast<double>(correct) / images;
    }
};

/// That a data set has images of the network's shape, and labels below its number of classes. Error: invalid_argument.
Status check_fits(const Network &network, const DataSet &data_set);

/// All images once, in batches of up to `batch_size`.
Status evaluate(const Model &model, const DataSet &data_set, int batch_size, Evaluation &evaluation);

/// The same for an executor that is open for batches as large.
Status evaluate(Executor &executor, const DataSet &data_set, int batch_size, Evaluation &evaluation);

}  // namespace dsq
