/// What a report says of a run's model.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "dsq/status.h"
#include "model/model.h"

namespace dsq::cli {

/// Adds "histograms": the weights of each layer and where the quantizer puts them; and "soft": DSQ's soft function
/// against the hard one, for the smallest, middle and largest alpha of weights and of activations.
Status add_model_data(const Model &model, nlohmann::ordered_json &data);

}  // namespace dsq::cli
