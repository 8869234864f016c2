#include "execute/executor.h"

#include <gtest/gtest.h>

#include <cmath>

#include "dsq/threads.h"
#include "model/built_in.h"
#include "tests/support/instruction_sets.h"
#include "tests/support/samples.h"
#include "train/model_setup.h"

namespace dsq::tests {
namespace {

class Executor : public OnEveryInstructionSet {};
DSQ_ON_EVERY_INSTRUCTION_SET(Executor);

constexpr int batch = 8;
constexpr Shape image{3, 16, 16};

Recipe recipe_of(const std::string &network, const std::string &method, int bits) {
    Recipe recipe;
    recipe.network.name = network;
    recipe.data.mean = {0, 0, 0};
    recipe.data.deviation = {1, 1, 1};
    recipe.quantization.weights.method = recipe.quantization.activations.method = method;
    recipe.quantization.weights.bits = recipe.quantization.activations.bits = bits;
    return recipe;
}

// A network with random weights, images and labels.
struct Case {
    dsq::Executor executor;
    std::vector<float> images;
    std::vector<std::uint8_t> labels;

    explicit Case(const Recipe &recipe) {
        Model model;
        const Status created = create_model(recipe, image, 10, model);
        EXPECT_TRUE(created.ok()) << created.message();
        const Status opened = executor.open(model, batch);
        EXPECT_TRUE(opened.ok()) << opened.message();
        Random random(7);
        images.resize(std::size_t{3} * 16 * 16 * batch);
        for (float &pixel : images) pixel = uniform(random, -1.0F, 1.0F);
        for (int n = 0; n < batch; ++n) labels.push_back(static_cast<std::uint8_t>(n % 10));
    }

    double loss(Mode mode = Mode::train) {
        BatchLoss loss;
        Status status = executor.forward(images, batch, mode);
        if (status.ok()) status = executor.loss(labels, 0.1F, loss);
        EXPECT_TRUE(status.ok()) << status.message();
        return loss.loss;
    }
    void backward() {
        const Status status = executor.backward();
        EXPECT_TRUE(status.ok()) << status.message();
    }
};

// The derivative along a random direction within one group of parameters, by central differences.
double central_difference(Case &test, ParameterGroup group, const std::vector<float> &direction, float step) {
    const std::span<float> values = test.executor.parameters().values(group);
    const std::vector<float> start(values.begin(), values.end());
    double losses[2];
    for (int side = 0; side < 2; ++side) {
        const float signed_step = side == 0 ? -step : step;
        for (std::size_t i = 0; i < values.size(); ++i) values[i] = start[i] + signed_step * direction[i];
        losses[side] = test.loss();
    }
    std::copy(start.begin(), start.end(), values.begin());
    return (losses[1] - losses[0]) / (2.0 * static_cast<double>(step));
}

TEST_P(Executor, GradientEqualsCentralDifferences) {
    Case test(recipe_of("resnet20", "none", 32));
    test.loss();
    test.backward();
    for (const ParameterGroup group : {ParameterGroup::weights, ParameterGroup::scales_and_biases}) {
        const std::span<float> gradients = test.executor.parameters().gradients(group);
        // Along the gradient itself the derivative is its norm.
        double square = 0;
        for (const float g : gradients) square += double{g} * double{g};
        const double norm = std::sqrt(square);
        std::vector<float> direction;
        for (const float g : gradients) direction.push_back(static_cast<float>(g / norm));
        EXPECT_NEAR(central_difference(test, group, direction, 1e-3F), norm, 0.01 * norm);
    }
}

TEST_P(Executor, HasTheSameBitsForAnyNumberOfThreads) {
    std::vector<std::vector<float>> results;
    for (const int threads : {1, 2, 5}) {
        ASSERT_TRUE(set_thread_count(threads).ok());
        Case test(recipe_of("resnet20", "dsq", 2));
        test.loss(Mode::calibrate);
        test.loss();
        test.backward();
        std::vector<float> all;
        for (const ParameterGroup group :
             {ParameterGroup::weights, ParameterGroup::scales_and_biases, ParameterGroup::quantizers}) {
            const std::span<float> gradients = test.executor.parameters().gradients(group);
            all.insert(all.end(), gradients.begin(), gradients.end());
        }
        results.push_back(std::move(all));
    }
    ASSERT_TRUE(set_thread_count(0).ok());
    EXPECT_EQ(results[1], results[0]);
    EXPECT_EQ(results[2], results[0]);
}

}  // namespace
}  // namespace dsq::tests
