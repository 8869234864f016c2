/// What a model's layers are made of: for `dsq inspect`, and for the report page.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "dsq/quantizer.h"
#include "model/model.h"

namespace dsq::cli {

/// A layer with weights.
struct LayerFacts {
    std::string name;
    std::string operation;
    Shape output;
    double macs = 0;                                             ///< multiplications of one image
    std::span<const float> weights;                              ///< of the model
    double bytes = 0;                                            ///< of the weights, packed
    std::optional<Quantizer> weight_quantizer, input_quantizer;  ///< none: float
    int codes_used = 0;                                          ///< distinct codes of the weights
};

/// In the order of the network; valid for as long as `model` is.
Status layer_facts(const Model &model, std::vector<LayerFacts> &layers);

}  // namespace dsq::cli
