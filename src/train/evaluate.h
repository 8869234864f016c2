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
    bool of_integers = false;  ///< by the graph of integers that is deployed; else in float32

    double accuracy() const {
        return images == 0 ? 0.0 : static_cast<double>(correct) / images;
    }
};

/// That a data set has images of the network's shape, and labels below its number of classes. Error: invalid_argument.
Status check_fits(const Network &network, const DataSet &data_set);

/// All images once, by the model's graph of integers where it has one (compile/lower.h): so every library of it has
/// this accuracy. Else as `simulate`.
Status evaluate(const Model &model, const DataSet &data_set, int batch_size, Evaluation &evaluation);

/// The same for an executor that is open for batches as large.
Status evaluate(Executor &executor, const DataSet &data_set, int batch_size, Evaluation &evaluation);

/// All images once, in batches of up to `batch_size`, in float32 as training computes: a quantizer gives values on its
/// grid. Few of them, near the middle between two, differ from the graph's.
Status simulate(const Model &model, const DataSet &data_set, int batch_size, Evaluation &evaluation);
Status simulate(Executor &executor, const DataSet &data_set, int batch_size, Evaluation &evaluation);

}  // namespace dsq
