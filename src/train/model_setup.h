/// The model that a recipe starts from.
#pragma once

#include <vector>

#include "dsq/status.h"
#include "model/model.h"
#include "train/recipe.h"

namespace dsq {

/// Builds the recipe's network for images of this shape, gives its layers their quantizers, and its parameters the
/// values of recipe.network.start or random ones (He et al. 2015, fan in). Quantizers of which the start knows nothing
/// are left out of the tensors. Error: invalid_argument, invalid_file, naming the key or the tensor.
Status create_model(const Recipe &recipe, const Shape &image, int classes, Model &model);

/// The bits of each stage of progressive training, the last that of the recipe itself.
struct Stage {
    int first_epoch = 0;  ///< from 0
    int bits = 0;         ///< of weights and activations that are quantized to fewer than 8; 0: those of the recipe
};
std::vector<Stage> stages(const Recipe &recipe);

/// `final_network` with the bits of a stage.
Network network_of(const Stage &stage, const Network &final_network);

}  // namespace dsq
