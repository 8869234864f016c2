// Models of a few hundred parameters, one of each shape that networks come in: for tests of what reads models.
#pragma once

#include <array>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/model.h"
#include "model/parameters.h"

namespace dsq::tests {

constexpr std::array<std::string_view, 5> tiny_kinds{"residual", "pooled", "depthwise", "signs", "pixels"};

inline Quantizer tiny_quantizer(Operand operand, int bits, Method method = Method::dsq) {
    const float lower = operand == Operand::weights ? -1.0F : 0.0F;
    return {.method = method, .operand = operand, .bits = bits, .lower = lower, .upper = 1.0F, .alpha = 0.2F};
}

// Layers in a row, each reading the one before unless told otherwise.
class TinyNetwork {
public:
    TinyNetwork(std::string name, Shape image)
        : network_{.name = std::move(name),
                   .input = image,
                   .mean = std::vector<float>(static_cast<std::size_t>(image.channels), 0.25F),
                   .deviation = std::vector<float>(static_cast<std::size_t>(image.channels), 0.5F),
                   .layers = {{.name = "image"}}} {
    }

    // Returns the index of the layer.
    int add(Layer layer, std::vector<int> inputs = {}) {
        const int before = static_cast<int>(network_.layers.size()) - 1;
        layer.inputs = inputs.empty() ? std::vector<int>{before} : std::move(inputs);
        network_.layers.push_back(std::move(layer));
        return before + 1;
    }
    int convolve(const std::string &name, int channels, int bits, int kernel = 3, int stride = 1) {
        Layer layer{
            .name = name, .operation = Operation::conv2d, .channels = channels, .kernel = kernel, .stride = stride};
        if (bits > 0) quantize(layer, bits, bits);
        return add(layer);
    }
    int normalize(const std::string &name) {
        return add({.name = name, .operation = Operation::batch_norm});
    }
    static void quantize(Layer &layer, int weight_bits, int input_bits) {
        layer.weight_quantizer = tiny_quantizer(Operand::weights, weight_bits);
        layer.input_quantizer = tiny_quantizer(Operand::activations, input_bits);
    }
    Network &network() {
        return network_;
    }

private:
    Network network_;
};

inline Network tiny_residual() {
    TinyNetwork tiny("residual", {2, 4, 3});
    tiny.convolve("first", 2, 0);
    tiny.normalize("norm");
    const int start = tiny.add({.name = "relu", .operation = Operation::relu});
    tiny.convolve("one", 4, 2, 3, 2);
    tiny.normalize("norm1");
    const int one = tiny.add({.name = "relu1", .operation = Operation::relu});
    const int skip = tiny.add({.name = "skip", .operation = Operation::shortcut, .channels = 4, .stride = 2}, {start});
    Layer two{.name = "two", .operation = Operation::conv2d, .channels = 4, .kernel = 3};
    TinyNetwork::quantize(two, 2, 3);
    tiny.add(two, {one});
    const int normalized = tiny.normalize("norm2");
    tiny.add({.name = "sum", .operation = Operation::add}, {normalized, skip});
    tiny.add({.name = "relu2", .operation = Operation::relu});
    tiny.add({.name = "average", .operation = Operation::global_average_pool});
    tiny.add({.name = "linear", .operation = Operation::linear, .channels = 3});
    return tiny.network();
}

inline Network tiny_pooled() {
    TinyNetwork tiny("pooled", {1, 4, 4});
    tiny.convolve("first", 2, 0);
    tiny.normalize("norm");
    tiny.add({.name = "clamp", .operation = Operation::hardtanh});
    tiny.convolve("one", 3, 3);
    tiny.add({.name = "pool", .operation = Operation::max_pool, .kernel = 2, .stride = 2});
    tiny.normalize("norm1");
    tiny.add({.name = "clamp1", .operation = Operation::relu6});
    Layer linear{.name = "linear", .operation = Operation::linear, .channels = 2};
    TinyNetwork::quantize(linear, 8, 4);
    tiny.add(linear);
    return tiny.network();
}

inline Network tiny_depthwise() {
    TinyNetwork tiny("depthwise", {3, 5, 4});
    tiny.convolve("first", 4, 0, 1);
    tiny.normalize("norm");
    Layer depthwise{.name = "depthwise", .operation = Operation::depthwise_conv2d, .kernel = 3};
    TinyNetwork::quantize(depthwise, 4, 4);
    tiny.add(depthwise);
    tiny.normalize("norm1");
    tiny.add({.name = "relu1", .operation = Operation::relu});
    tiny.convolve("point", 3, 4, 1);
    tiny.normalize("norm2");
    tiny.add({.name = "average", .operation = Operation::global_average_pool});
    return tiny.network();
}

inline Network tiny_signs() {
    TinyNetwork tiny("signs", {1, 3, 3});
    tiny.convolve("first", 2, 0);
    tiny.normalize("norm");
    tiny.convolve("one", 2, 1);
    tiny.normalize("norm1");
    tiny.add({.name = "average", .operation = Operation::global_average_pool});
    tiny.add({.name = "linear", .operation = Operation::linear, .channels = 2});
    for (Layer &layer : tiny.network().layers) {
        for (Quantizer *quantizer : {&layer.weight_quantizer, &layer.input_quantizer}) {
            if (is_quantized(*quantizer)) quantizer->method = Method::binary;
        }
    }
    return tiny.network();
}

// An 8-bit first layer, which reads pixels as they are.
inline Network tiny_pixels() {
    TinyNetwork tiny("pixels", {1, 3, 3});
    tiny.network().mean = {0.0F};
    tiny.network().deviation = {1.0F};
    tiny.convolve("first", 2, 8);
    tiny.normalize("norm");
    tiny.add({.name = "relu", .operation = Operation::relu});
    tiny.convolve("one", 2, 2);
    tiny.normalize("norm1");
    tiny.add({.name = "average", .operation = Operation::global_average_pool});
    return tiny.network();
}

inline Network tiny_network(std::string_view kind) {
    if (kind == "residual") return tiny_residual();
    if (kind == "pooled") return tiny_pooled();
    if (kind == "depthwise") return tiny_depthwise();
    if (kind == "signs") return tiny_signs();
    return tiny_pixels();
}

// Values between -1 and 1 that look random, of which variances are positive and quantizers valid.
inline std::vector<float> tiny_values(const ParameterTensor &parameter, const Network &network) {
    const Layer &layer = network.layers[static_cast<std::size_t>(parameter.layer)];
    if (parameter.role == Role::weight_quantizer || parameter.role == Role::input_quantizer) {
        const bool is_weights = parameter.role == Role::weight_quantizer;
        const Quantizer &quantizer = is_weights ? layer.weight_quantizer : layer.input_quantizer;
        return {quantizer.lower, quantizer.upper, quantizer.alpha};
    }
    std::vector<float> values(parameter.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
        const auto x = static_cast<float>(std::sin(1.7 * static_cast<double>(i + parameter.name.size())));
        values[i] = parameter.role == Role::running_variance ? 0.5F + x * x : x;
    }
    return values;
}

inline Model tiny_model(const Network &network) {
    Model model{network, {}};
    std::vector<Shape> shapes;
    if (!infer_shapes(network, shapes).ok()) return model;
    for (const ParameterTensor &parameter : parameter_tensors(network, shapes)) {
        const std::vector<float> values = tiny_values(parameter, network);
        model.tensors[parameter.name] = make_tensor<float>(parameter.shape, values);
    }
    return model;
}
inline Model tiny_model(std::string_view kind) {
    return tiny_model(tiny_network(kind));
}

}  // namespace dsq::tests
