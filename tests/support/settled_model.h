// Models for tests of what comes after training: random weights, but quantizers and statistics as training leaves them.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "execute/executor.h"
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

inline Model settled_model(const ModelKind &kind, unsigned seed = 1) {
    constexpr int batch = 8, passes = 60;
    Recipe recipe = recipe_of(kind);
    recipe.seed = seed;
    Model model;
    Status status = create_model(recipe, kind.image, 10, model);
    Executor executor;
    if (status.ok()) status = executor.open(model, batch);
    if (status.ok()) flip_some_scales(executor);
    const std::vector<float> images = normalized(model.network, random_pixels(kind.image, batch, seed));
    if (status.ok()) status = executor.forward(images, batch, Mode::calibrate);
    for (int pass = 0; pass < passes && status.ok(); ++pass) status = executor.forward(images, batch, Mode::train);
    EXPECT_TRUE(status.ok()) << status.message();
    return executor.model();
}

}  // namespace dsq::tests
