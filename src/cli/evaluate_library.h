/// The accuracy of a model's library, on the machine that it is for.
#pragma once

#include <string>

#include "data/data_set.h"
#include "model/model.h"
#include "train/evaluate.h"

namespace dsq::cli {

/// All images of the data set through the library for a target. Loss is not known. Error: those of compile_model and
/// observe_library.
Status evaluate_library(
    const Model &model, const std::string &target, const DataSet &data_set, int threads, Evaluation &evaluation);

}  // namespace dsq::cli
