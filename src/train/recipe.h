/// A recipe: all that a training run is made of, read from a TOML file. docs/recipes.md lists every key.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dsq/status.h"

namespace dsq {

struct DataRecipe {
    std::string set;     ///< "cifar10" or "fashion-mnist"
    std::string folder;  ///< where its files lie
    int padding = 4;     ///< zeros around a training image before a random crop of its own size
    bool flip = true;    ///< mirror half of the training images
    std::vector<float> mean = {}, deviation = {};  ///< of each channel, pixels from 0 to 1; default: those of the set
};

struct NetworkRecipe {
    std::string name = "resnet20";
    std::string start;  ///< a model of dsq or a PyTorch state dict, as safetensors; empty: random weights
};

struct QuantizerRecipe {
    std::string method = "none";     ///< a name of dsq::Method
    int bits = 32;                   ///< 1 to 8, unless the method is none
    std::string bounds = "learned";  ///< learned, moving_average, fixed
    std::string bound_gradient = "soft";
    float alpha = 0.2F;
    bool learn_alpha = true;
};

/// Other bits for one layer.
struct LayerOverride {
    std::string layer;
    std::optional<int> weight_bits = {}, activation_bits = {};
};

struct QuantizationRecipe {
    QuantizerRecipe weights, activations;
    std::string first_and_last = "float";  ///< float, 8bit
    std::vector<LayerOverride> layers = {};
    std::vector<int> progressive = {};         ///< bits of the stages before the final one
    std::vector<int> progressive_epochs = {};  ///< epochs of each of these stages; the final one gets the rest
    float alpha_penalty = 0.0F;
};

struct OptimizerRecipe {
    std::string method = "sgd";  ///< sgd, adam
    float learning_rate = 0.1F;
    float momentum = 0.9F;
    bool nesterov = false;
    float weight_decay = 1e-4F;
    std::string schedule = "cosine";   ///< cosine, step, constant, one_cycle
    int warmup_epochs = 0;             ///< the rate rises in a line from 0
    std::vector<int> milestones = {};  ///< step: epochs after which the rate is multiplied by gamma
    float gamma = 0.1F;
    float final_learning_rate = 0.0F;
};

struct Recipe {
    std::string name;  ///< default: the stem of the file
    std::uint64_t seed = 1;
    int epochs = 1;
    int steps_per_epoch = 0;  ///< 0: as many as there are whole batches; fewer: each epoch takes other images
    int batch_size = 128;
    float label_smoothing = 0.0F;
    bool decay_batch_norm = true;  ///< weight decay on gamma and beta too
    DataRecipe data;
    NetworkRecipe network;
    QuantizationRecipe quantization;
    OptimizerRecipe optimizer;  ///< weights, biases, gamma, beta
    OptimizerRecipe quantizer_optimizer{
        .method = "adam", .learning_rate = 5e-4F, .weight_decay = 0.0F};  ///< alpha, l, u
    int checkpoint_steps = 0;  ///< besides the end of every epoch; 0: only then
    std::string run_folder;    ///< default: runs/<name>
};

/// Reads a recipe; `overrides` are "key=value" with dotted keys ("optimizer.learning_rate=0.1"), applied on top of the
/// file. Nothing but a complete, checked recipe comes out.
/// Error: invalid_file naming file, line, key, expected and found; invalid_argument for an override. An unknown key is
/// an error too, and names the nearest known one.
Status read_recipe(const std::string &path, std::span<const std::string> overrides, Recipe &recipe);

/// Of images of this data set, pixels from 0 to 1: "cifar10" has that of the pre-trained ResNets, others that of
/// Fashion-MNIST.
void default_normalization(std::string_view set, std::vector<float> &mean, std::vector<float> &deviation);

/// All of it, defaults included, in the order of the file.
nlohmann::ordered_json to_json(const Recipe &recipe);

}  // namespace dsq
