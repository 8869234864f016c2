#include "execute/executor.h"

#include <gtest/gtest.h>

#include <cmath>

#include "dsq/threads.h"
#include "model/built_in.h"
#include "tests/support/instruction_sets.h"
#include "tests/support/samples.h"
#include "train/model_setup.h"
#include "train/optimizer_groups.h"

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

    double loss(Mode mode = Mode::train, Rounding rounding = Rounding::hard) {
        BatchLoss loss;
        Status status = executor.forward(images, batch, mode, rounding);
        if (status.ok()) status = executor.loss(labels, 0.1F, loss);
        EXPECT_TRUE(status.ok()) << status.message();
        return loss.loss;
    }
    void backward() {
        const Status status = executor.backward();
        EXPECT_TRUE(status.ok()) << status.message();
    }
};

// The derivative along a direction within one group of parameters, by central differences.
double central_difference(Case &test, ParameterGroup group, Rounding rounding, const std::vector<float> &direction) {
    constexpr float step = 2e-4F;  // below the distance to most kinks
    ParameterStore &parameters = test.executor.parameters();
    const std::span<float> values = parameters.values(group);
    const std::vector<float> start(values.begin(), values.end());
    double losses[2];
    for (int side = 0; side < 2; ++side) {
        const float signed_step = side == 0 ? -step : step;
        for (std::size_t i = 0; i < values.size(); ++i) values[i] = start[i] + signed_step * direction[i];
        EXPECT_TRUE(parameters.project_quantizers().ok());
        losses[side] = test.loss(Mode::train, rounding);
    }
    std::copy(start.begin(), start.end(), values.begin());
    EXPECT_TRUE(parameters.project_quantizers().ok());
    return (losses[1] - losses[0]) / (2.0 * static_cast<double>(step));
}

// Along the gradient of a group the derivative is the gradient's length.
void expect_gradient(Case &test, ParameterGroup group, Rounding rounding) {
    test.loss(Mode::train, rounding);
    test.backward();
    const std::span<float> gradients = test.executor.parameters().gradients(group);
    double square = 0;
    for (const float g : gradients) square += double{g} * double{g};
    const double length = std::sqrt(square);
    ASSERT_GT(length, 0.01);
    std::vector<float> direction;
    for (const float g : gradients) direction.push_back(static_cast<float>(g / length));
    EXPECT_NEAR(central_difference(test, group, rounding, direction), length, 0.01 * length)
        << "group " << static_cast<int>(group);
}

TEST_P(Executor, GradientEqualsCentralDifferences) {
    for (const char *network : {"resnet20", "vgg_small", "resnet18"}) {
        SCOPED_TRACE(network);
        Case test(recipe_of(network, "none", 32));
        expect_gradient(test, ParameterGroup::weights, Rounding::hard);
        expect_gradient(test, ParameterGroup::scales_and_biases, Rounding::hard);
    }
}

// DSQ's gradient is that of its soft function, by the weights and by l, u and alpha, the padding's part included.
TEST_P(Executor, GradientOfDsqEqualsCentralDifferencesOfTheSoftNetwork) {
    Recipe recipe = recipe_of("resnet20", "dsq", 2);
    recipe.quantization.weights.alpha = recipe.quantization.activations.alpha = 0.4F;
    Case test(recipe);
    test.loss(Mode::calibrate);
    // What a ReLU clipped lies exactly on the bound l = 0, where the derivative by l has two values.
    ParameterStore &parameters = test.executor.parameters();
    for (std::size_t i = 0; i < parameters.network().layers.size(); ++i) {
        Quantizer quantizer = parameters.quantizer(static_cast<int>(i), Operand::activations);
        quantizer.lower = -0.1F;
        if (quantizer.method == Method::dsq) parameters.set_quantizer(static_cast<int>(i), quantizer);
    }
    for (const ParameterGroup group :
         {ParameterGroup::weights, ParameterGroup::scales_and_biases, ParameterGroup::quantizers}) {
        expect_gradient(test, group, Rounding::soft);
    }
}

TEST_P(Executor, LearnsWithEveryMethod) {
    struct Choice {
        const char *weights, *activations, *bounds;
        int bits;
    };
    const Choice choices[] = {{"dsq", "dsq", "moving_average", 3},
                              {"dsq", "dsq", "learned", 8},
                              {"binary", "binary", "fixed", 1},
                              {"ste", "ste", "learned", 2},
                              {"dsq", "pact_dsq", "learned", 2},
                              {"lsq", "lsq", "learned", 4},
                              {"dorefa", "dorefa", "fixed", 2},
                              {"dsq", "none", "learned", 1}};
    for (const Choice &choice : choices) {
        SCOPED_TRACE(std::string(choice.weights) + ", " + choice.activations + ", " + choice.bounds);
        Recipe recipe = recipe_of("resnet20", choice.weights, choice.bits);
        recipe.quantization.activations.method = choice.activations;
        recipe.quantization.weights.bounds = recipe.quantization.activations.bounds = choice.bounds;
        recipe.optimizer.learning_rate = 0.01F;
        recipe.optimizer.schedule = recipe.quantizer_optimizer.schedule = "constant";
        Case test(recipe);
        test.loss(Mode::calibrate);
        OptimizerGroups optimizer(recipe, test.executor.parameters());
        const double before = test.loss();
        for (int step = 0; step < 10; ++step) {
            test.backward();
            const Status status = optimizer.step(step, 10, test.executor.parameters());
            ASSERT_TRUE(status.ok()) << status.message();
            test.loss();
        }
        EXPECT_LT(test.loss(), before);
    }
}

TEST_P(Executor, ReadsPixelsWhereTheFirstLayerHas8Bits) {
    Recipe recipe = recipe_of("resnet20", "dsq", 2);
    recipe.quantization.first_and_last = "8bit";
    Case test(recipe);
    for (float &pixel : test.images) pixel = std::round((pixel + 1.0F) * 127.5F) / 255.0F;
    test.loss(Mode::calibrate);
    const double before = test.loss();
    const Network &network = test.executor.parameters().network();
    EXPECT_EQ(network.layers[1].input_quantizer.upper, 1.0F);
    EXPECT_EQ(network.layers[1].weight_quantizer.bits, 8);
    EXPECT_EQ(network.layers.back().input_quantizer.bits, 8);
    test.backward();
    EXPECT_TRUE(std::isfinite(before));
    EXPECT_EQ(test.executor.parameters().first_non_finite_gradient(), "");
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
