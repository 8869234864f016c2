// Models for tests of what comes after training: random weights, but quantizers and statistics as training leaves them.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "execute/executor.h"
#include "model/parameters.h"
#include "tests/support/samples.h"
#include "train/model_setup.h"

namespace dsq::tests {

struct ModelKind {
    std::string network = "resnet20";
    int weight_bits = 2, activation_bits = 2;
    bool outer_8bit = false;
    Shape image{3, 16, 16};
    std::string method = "dsq";
    std::vector<LayerOverride> layers = {};
};

inline Recipe recipe_of(const ModelKind &kind) {
    Recipe recipe;
    recipe.network.name = kind.network;
    recipe.data.mean.assign(static_cast<std::size_t>(kind.image.channels), 0.47F);
    recipe.data.deviation.assign(static_cast<std::size_t>(kind.image.channels), 0.25F);
    recipe.quantization.weights.method = recipe.quantization.activations.method = kind.method;
    recipe.quantization.weights.bits = kind.weight_bits;
    recipe.quantization.activations.bits = kind.activation_bits;
    recipe.quantization.first_and_last = kind.outer_8bit ? "8bit" : "float";
    recipe.quantization.layers = kind.layers;
    return recipe;
}

inline std::vector<std::uint8_t> random_pixels(const Shape &image, int count, unsigned seed) {
    Random random(seed);
    std::vector<std::uint8_t> pixels(std::size_t(count) * std::size_t(image.channels * image.width * image.height));
    for (std::uint8_t &pixel : pixels) pixel = static_cast<std::uint8_t>(random() % 256);
    return pixels;
}

// As training reads them.
inline std::vector<float> normalized(const Network &network, const std::vector<std::uint8_t> &pixels) {
    std::vector<float> values(pixels.size());
    const std::size_t channels = network.mean.size();
    for (std::size_t i = 0; i < pixels.size(); ++i) {
        values[i] =
            (static_cast<float>(pixels[i]) / 255.0F - network.mean[i % channels]) / network.deviation[i % channels];
    }
    return values;
}

// Every third scale of a batch normalization is negative: thresholds then fall as accumulators rise.
inline void flip_some_scales(Executor &executor) {
    const Network &network = executor.parameters().network();
    for (int i = 0; i < static_cast<int>(network.layers.size()); ++i) {
        if (network.layers[static_cast<std::size_t>(i)].operation != Operation::batch_norm) continue;
        const std::span<float> scales = executor.parameters().values(i, Role::gamma);
        for (std::size_t c = 0; c < scales.size(); c += 3) scales[c] = -scales[c];
    }
}

// Quantizers and statistics as some steps of training leave them.
inline Model settled(const Model &start, const Shape &image, unsigned seed) {
    constexpr int batch = 8, passes = 60;
    Executor executor;
    Status status = executor.open(start, batch);
    if (status.ok()) flip_some_scales(executor);
    const std::vector<float> images = normalized(start.network, random_pixels(image, batch, seed));
    if (status.ok()) status = executor.forward(images, batch, Mode::calibrate);
    for (int pass = 0; pass < passes && status.ok(); ++pass) status = executor.forward(images, batch, Mode::train);
    EXPECT_TRUE(status.ok()) << status.message();
    return executor.model();
}

inline Model settled_model(const ModelKind &kind, unsigned seed = 1) {
    Recipe recipe = recipe_of(kind);
    recipe.seed = seed;
    Model model;
    const Status status = create_model(recipe, kind.image, 10, model);
    EXPECT_TRUE(status.ok()) << status.message();
    return settled(model, kind.image, seed);
}

// A network with what the built-in ones lack: channels that no tile divides, windows of 7 and 5 taps, odd strides,
// hardtanh and relu6, a residual without an activation behind it, and other bits in each layer.
inline Model settled_odd_model(unsigned seed = 1) {
    const Shape image{3, 19, 13};
    const auto quantizer = [](Operand operand, int bits) {
        return Quantizer{.method = Method::dsq, .operand = operand, .bits = bits};
    };
    const auto conv2d = [&](const char *name, int from, int channels, int kernel, int stride, int weights, int input) {
        return Layer{.name = name,
                     .operation = Operation::conv2d,
                     .inputs = {from},
                     .channels = channels,
                     .kernel = kernel,
                     .stride = stride,
                     .weight_quantizer = quantizer(Operand::weights, weights),
                     .input_quantizer = quantizer(Operand::activations, input)};
    };
    Layer first = conv2d("first", 0, 7, 7, 2, 2, 2);
    first.weight_quantizer.method = first.input_quantizer.method = Method::none;
    Model model{
        .network = {.name = "odd", .input = image, .mean = {0.3F, 0.5F, 0.6F}, .deviation = {0.2F, 0.3F, 0.25F}}};
    model.network.layers = {{.name = "image"},
                            first,
                            {.name = "bn1", .operation = Operation::batch_norm, .inputs = {1}},
                            {.name = "hardtanh", .operation = Operation::hardtanh, .inputs = {2}},
                            conv2d("second", 3, 21, 3, 1, 3, 2),
                            {.name = "bn2", .operation = Operation::batch_norm, .inputs = {4}},
                            {.name = "relu6", .operation = Operation::relu6, .inputs = {5}},
                            conv2d("third", 6, 21, 5, 1, 1, 4),
                            {.name = "bn3", .operation = Operation::batch_norm, .inputs = {7}},
                            {.name = "add", .operation = Operation::add, .inputs = {8, 6}},
                            conv2d("fourth", 9, 33, 1, 2, 4, 1),
                            {.name = "bn4", .operation = Operation::batch_norm, .inputs = {10}},
                            {.name = "relu", .operation = Operation::relu, .inputs = {11}},
                            {.name = "average", .operation = Operation::global_average_pool, .inputs = {12}},
                            {.name = "linear", .operation = Operation::linear, .inputs = {13}, .channels = 5}};
    std::vector<Shape> shapes;
    const Status status = infer_shapes(model.network, shapes);
    EXPECT_TRUE(status.ok()) << status.message();
    Random random(seed);
    for (const ParameterTensor &parameter : parameter_tensors(model.network, shapes)) {
        if (parameter.role == Role::weight_quantizer || parameter.role == Role::input_quantizer) continue;
        std::vector<float> values(parameter.size());
        const bool is_positive = parameter.role == Role::gamma || parameter.role == Role::running_variance;
        for (float &value : values) value = uniform(random, is_positive ? 0.5F : -0.5F, is_positive ? 1.5F : 0.5F);
        model.tensors[parameter.name] = make_tensor<float>(parameter.shape, values);
    }
    return settled(model, image, seed);
}

}  // namespace dsq::tests
