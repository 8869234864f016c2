#include "train/model_setup.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "data/random.h"
#include "model/built_in.h"
#include "model/parameters.h"

namespace dsq {
namespace {

constexpr int bits_of_outer_layers = 8;

struct OuterLayers {
    int first = -1, last = -1;
};

OuterLayers outer_layers(const Network &network) {
    OuterLayers outer;
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        if (!has_weights(network.layers[i].operation)) continue;
        if (outer.first < 0) outer.first = static_cast<int>(i);
        outer.last = static_cast<int>(i);
    }
    return outer;
}

Status make_quantizer(const QuantizerRecipe &recipe, const std::string &key, Operand operand, Quantizer &quantizer) {
    const std::optional<Method> method = method_from_name(recipe.method);
    if (!method) return {ErrorCode::invalid_argument, key + ".method: no method '" + recipe.method + "'"};
    quantizer = {.method = *method, .operand = operand, .bits = recipe.bits, .alpha = recipe.alpha};
    quantizer.bounds = recipe.bounds == "learned"          ? BoundsMode::learned
                       : recipe.bounds == "moving_average" ? BoundsMode::moving_average
                                                           : BoundsMode::fixed;
    quantizer.bound_gradient = recipe.bound_gradient == "hard" ? BoundGradient::hard : BoundGradient::soft;
    return {};
}

// The pixel is its own code: 0 to 255 are the values 0 to 1.
Quantizer pixel_quantizer() {
    return {.method = Method::ste,
            .operand = Operand::activations,
            .bits = bits_of_outer_layers,
            .lower = 0.0F,
            .upper = 1.0F,
            .bounds = BoundsMode::fixed};
}

Status add_quantizers(const QuantizationRecipe &recipe, Network &network) {
    Quantizer weights, activations;
    Status status = make_quantizer(recipe.weights, "quantization.weights", Operand::weights, weights);
    if (status.ok()) {
        status = make_quantizer(recipe.activations, "quantization.activations", Operand::activations, activations);
    }
    if (!status.ok()) return status;
    const OuterLayers outer = outer_layers(network);
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        Layer &layer = network.layers[i];
        if (!has_weights(layer.operation)) continue;
        const bool is_first = static_cast<int>(i) == outer.first, is_last = static_cast<int>(i) == outer.last;
        if ((is_first || is_last) && recipe.first_and_last != "8bit") continue;
        layer.weight_quantizer = weights;
        layer.input_quantizer = activations;
        if (!is_first && !is_last) continue;
        if (is_quantized(weights)) layer.weight_quantizer.bits = bits_of_outer_layers;
        if (is_quantized(activations)) layer.input_quantizer.bits = bits_of_outer_layers;
        if (is_first) layer.input_quantizer = pixel_quantizer();
    }
    return {};
}

Status set_layer_bits(const QuantizationRecipe &recipe, Network &network) {
    for (const LayerOverride &override : recipe.layers) {
        const auto found = std::find_if(network.layers.begin(), network.layers.end(), [&](const Layer &layer) {
            return layer.name == override.layer && has_weights(layer.operation);
        });
        if (found == network.layers.end()) {
            return {
                ErrorCode::invalid_argument,
                "quantization.layers: network " + network.name + " has no layer '" + override.layer + "' with weights"};
        }
        if (override.weight_bits) found->weight_quantizer.bits = *override.weight_bits;
        if (override.activation_bits) found->input_quantizer.bits = *override.activation_bits;
    }
    return {};
}

// Box and Muller.
double normal(const Random &random, std::size_t index) {
    constexpr double scale = 0x1p-64;
    const double first = (static_cast<double>(random(2 * index)) + 0.5) * scale;
    const double second = static_cast<double>(random(2 * index + 1)) * scale;
    return std::sqrt(-2.0 * std::log(first)) * std::cos(2.0 * std::numbers::pi * second);
}

Tensor initial_tensor(const ParameterTensor &parameter, Operation operation, const Random &random) {
    std::vector<float> values(parameter.size(), 0.0F);
    if (parameter.role == Role::gamma || parameter.role == Role::running_variance) {
        std::fill(values.begin(), values.end(), 1.0F);
    }
    if (parameter.role == Role::weight) {
        const double fan_in = static_cast<double>(values.size()) / static_cast<double>(parameter.shape[0]);
        const double deviation = std::sqrt((operation == Operation::linear ? 1.0 : 2.0) / fan_in);
        for (std::size_t i = 0; i < values.size(); ++i) {
            values[i] = static_cast<float>(deviation * normal(random, i));
        }
    }
    return make_tensor<float>(parameter.shape, values);
}

void initialize_parameters(std::uint64_t seed, const std::vector<Shape> &shapes, Model &model) {
    constexpr std::uint64_t purpose = 2;  // batches use 0 and 1
    std::uint64_t index = 0;
    for (const ParameterTensor &parameter : parameter_tensors(model.network, shapes)) {
        ++index;
        if (parameter.role == Role::weight_quantizer || parameter.role == Role::input_quantizer) continue;
        const Layer &layer = model.network.layers[static_cast<std::size_t>(parameter.layer)];
        model.tensors[parameter.name] = initial_tensor(parameter, layer.operation, Random(seed, index, purpose));
    }
}

// A first layer that reads pixels as they are does what it did with normalized ones: its weights are divided by the
// deviation, and batch normalization takes the constant that is missing.
Status absorb_normalization(Model &model) {
    Network &network = model.network;
    const auto first = static_cast<std::size_t>(outer_layers(network).first);
    const auto follower = std::find_if(network.layers.begin(), network.layers.end(), [&](const Layer &layer) {
        return layer.operation == Operation::batch_norm && layer.inputs[0] == static_cast<int>(first);
    });
    if (follower == network.layers.end()) {
        return {ErrorCode::invalid_argument,
                "quantization.first_and_last = 8bit: expected batch normalization after layer " +
                    network.layers[first].name};
    }
    Tensor &weight = model.tensors.at(network.layers[first].name + ".weight");
    Tensor &mean = model.tensors.at(follower->name + ".running_mean");
    auto *weights = reinterpret_cast<float *>(weight.bytes.data());
    auto *means = reinterpret_cast<float *>(mean.bytes.data());
    const auto outputs = static_cast<std::size_t>(weight.shape[0]), inputs = static_cast<std::size_t>(weight.shape[1]);
    const auto window = static_cast<std::size_t>(weight.shape[2] * weight.shape[3]);
    for (std::size_t o = 0; o < outputs; ++o) {
        for (std::size_t i = 0; i < inputs; ++i) {
            for (std::size_t k = 0; k < window; ++k) {
                float &w = weights[(o * inputs + i) * window + k];
                w /= network.deviation[i];
                means[o] += w * network.mean[i];
            }
        }
    }
    return {};
}

// The network's input are the pixels, from 0 to 1, and the bounds of their quantizer stay what they are.
void read_pixels(Model &model) {
    Network &network = model.network;
    std::fill(network.mean.begin(), network.mean.end(), 0.0F);
    std::fill(network.deviation.begin(), network.deviation.end(), 1.0F);
    const Layer &first = network.layers[static_cast<std::size_t>(outer_layers(network).first)];
    const Quantizer &quantizer = first.input_quantizer;
    if (!is_quantized(quantizer)) return;
    const std::array state{quantizer.lower, quantizer.upper, quantizer.alpha};
    model.tensors[first.name + ".input_quantizer"] = make_tensor<float>({3}, state);
}

}  // namespace

Status create_model(const Recipe &recipe, const Shape &image, int classes, Model &model) {
    Model created;
    Network &network = created.network;
    if (Status status = built_in_network(recipe.network.name, image, classes, network); !status.ok()) return status;
    network.mean = recipe.data.mean;
    network.deviation = recipe.data.deviation;
    Status status = add_quantizers(recipe.quantization, network);
    if (status.ok()) status = set_layer_bits(recipe.quantization, network);
    std::vector<Shape> shapes;
    if (status.ok()) status = infer_shapes(network, shapes);
    if (!status.ok()) return status;
    if (recipe.network.start.empty()) {
        initialize_parameters(recipe.seed, shapes, created);
    } else {
        status = import_parameters(recipe.network.start, network, created.tensors);
        if (!status.ok()) return status;
    }
    if (recipe.quantization.first_and_last == "8bit") {
        if (!recipe.network.start.empty()) status = absorb_normalization(created);
        if (!status.ok()) return status;
        read_pixels(created);
    }
    model = std::move(created);
    return {};
}

std::vector<Stage> stages(const Recipe &recipe) {
    std::vector<Stage> all;
    int epoch = 0;
    for (std::size_t i = 0; i < recipe.quantization.progressive.size(); ++i) {
        all.push_back({epoch, recipe.quantization.progressive[i]});
        epoch += recipe.quantization.progressive_epochs[i];
    }
    all.push_back({epoch, 0});
    return all;
}

Network network_of(const Stage &stage, const Network &final_network) {
    Network network = final_network;
    for (Layer &layer : network.layers) {
        for (Quantizer *quantizer : {&layer.weight_quantizer, &layer.input_quantizer}) {
            const bool changes = is_quantized(*quantizer) && quantizer->bits < bits_of_outer_layers;
            if (changes && stage.bits != 0) quantizer->bits = stage.bits;
        }
    }
    return network;
}

}  // namespace dsq
