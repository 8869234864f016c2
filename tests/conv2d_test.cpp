#include "operators/conv2d.h"

#include <gtest/gtest.h>

#include <limits>

#include "dsq/threads.h"
#include "tests/reference/conv2d.h"
#include "tests/support/bordered_tensor.h"
#include "tests/support/instruction_sets.h"

namespace dsq::tests {
namespace {

class Conv2d : public OnEveryInstructionSet {};
DSQ_ON_EVERY_INSTRUCTION_SET(Conv2d);

struct Layer {
    int in_channels, out_channels, width, height, batch;
    Conv2dShape shape;
};

constexpr float padding_value = 0.37F;
constexpr float untouched = -3.0F;

// A layer with its tensors and gradients; random input, weights and gradient of the output.
struct Case {
    Layer layer;
    BorderedTensor input, output, grad_output, grad_input;
    GuardedTensor<float> weights, grad_weights;

    Case(const Layer &of, unsigned seed)
        : layer(of),
          input(in_extents(), seed, padding_value),
          output(out_extents(), untouched),
          grad_output(out_extents(), seed + 1, 0.0F),
          grad_input(in_extents(), untouched),
          weights(random_weights(seed + 2)),
          grad_weights(weights.span().size()) {
    }

    Extents in_extents() const {
        return {nullptr, layer.in_channels, layer.width, layer.height, layer.batch, layer.shape.padding()};
    }
    Extents out_extents() const {
        return {nullptr,
                layer.out_channels,
                conv2d_output_extent(layer.width, layer.shape),
                conv2d_output_extent(layer.height, layer.shape),
                layer.batch,
                layer.shape.padding()};
    }
    std::vector<float> random_weights(unsigned seed) const {
        Random random(seed);
        std::vector<float> values(
            std::size_t(layer.out_channels * layer.in_channels * layer.shape.kernel * layer.shape.kernel));
        for (float &value : values) value = uniform(random, -1.0F, 1.0F);
        return values;
    }
    Status forward() {
        return conv2d(layer.shape, input.view(), weights.span().data(), output.view());
    }
    Status backward_input() {
        return conv2d_backward_input(layer.shape, grad_output.view(), weights.span().data(), grad_input.view());
    }
    Status backward_weight() {
        return conv2d_backward_weight(layer.shape, input.view(), grad_output.view(), grad_weights.span().data());
    }
    Status backward_padding(double &gradient) {
        return conv2d_backward_padding(layer.shape,
                                       grad_output.view(),
                                       layer.width,
                                       layer.height,
                                       layer.in_channels,
                                       weights.span().data(),
                                       gradient);
    }
};

// Each of the additions rounds by half a unit in the last place at most.
double tolerance(const reference::Sum &sum) {
    return sum.terms * double{std::numeric_limits<float>::epsilon()} / 2 * sum.magnitude;
}

void expect_near(BorderedTensor &tensor, const reference::Sums &expected) {
    const TensorView<float> view = tensor.view();
    for (int n = 0; n < view.batch; ++n) {
        for (int y = 0; y < view.height; ++y) {
            for (int i = 0; i < view.width * view.channels; ++i) {
                const long at = n * view.image_stride() + y * view.row_stride() + i;
                const reference::Sum &sum = expected[std::size_t(at)];
                ASSERT_NEAR(view.data[at], sum.value, tolerance(sum))
                    << "image " << n << ", row " << y << ", pixel " << i / view.channels << ", channel "
                    << i % view.channels;
            }
        }
    }
    EXPECT_TRUE(tensor.border_is(untouched));
}

void expect_near(std::span<const float> values, const reference::Sums &expected) {
    for (std::size_t i = 0; i < values.size(); ++i) {
        ASSERT_NEAR(values[i], expected[i].value, tolerance(expected[i])) << "weight " << i;
    }
}

// Every kernel; rows of one tile, of odd widths, and of several; odd heights; few and many channels out.
constexpr Layer layers[] = {
    {3, 16, 32, 32, 2, {3, 1}},  {3, 32, 9, 3, 1, {3, 1}},    {3, 128, 8, 8, 1, {3, 1}},   {16, 16, 32, 32, 2, {3, 1}},
    {16, 16, 8, 1, 3, {3, 1}},   {16, 48, 13, 5, 1, {3, 1}},  {16, 32, 32, 32, 1, {3, 2}}, {16, 32, 17, 7, 2, {3, 2}},
    {32, 32, 16, 16, 2, {3, 1}}, {32, 64, 16, 16, 2, {3, 2}}, {64, 64, 8, 8, 35, {3, 1}},  {64, 32, 11, 2, 1, {3, 1}},
    {128, 64, 8, 3, 1, {3, 1}},  {256, 32, 8, 2, 1, {3, 1}},  {512, 32, 8, 2, 1, {3, 1}},  {5, 10, 9, 4, 2, {3, 1}},
    {24, 40, 3, 7, 2, {3, 2}},   {1, 3, 1, 1, 2, {3, 1}},     {16, 32, 15, 6, 2, {1, 2}},  {7, 17, 6, 5, 2, {1, 1}},
    {2, 9, 12, 11, 1, {5, 1}},   {3, 64, 22, 18, 1, {7, 2}},  {64, 32, 14, 3, 2, {3, 1}},  {64, 64, 28, 3, 1, {3, 2}},
    {32, 16, 4, 4, 37, {3, 1}},  {48, 32, 9, 9, 5, {1, 1}},   {16, 64, 9, 7, 3, {1, 2}},   {32, 128, 5, 6, 2, {1, 1}},
    {48, 16, 7, 9, 2, {3, 1}},
};

template <typename Check>
void for_each_layer(Check check) {
    unsigned seed = 1;
    for (const Layer &layer : layers) {
        SCOPED_TRACE(testing::Message() << layer.in_channels << " to " << layer.out_channels << " channels, "
                                        << layer.width << "x" << layer.height << "x" << layer.batch << ", kernel "
                                        << layer.shape.kernel << ", stride " << layer.shape.stride << ", seed "
                                        << seed);
        Case test(layer, seed += 3);
        check(test);
    }
}

void expect_ok(const Status &status) {
    ASSERT_TRUE(status.ok()) << status.message();
}

TEST_P(Conv2d, ForwardEqualsTheReference) {
    for_each_layer([](Case &test) {
        expect_ok(test.forward());
        expect_near(
            test.output,
            reference::conv2d(test.layer.shape, test.input.view(), test.weights.span().data(), test.output.view()));
    });
}

TEST_P(Conv2d, BackwardInputEqualsTheReference) {
    for_each_layer([](Case &test) {
        expect_ok(test.backward_input());
        expect_near(test.grad_input,
                    reference::conv2d_backward_input(
                        test.layer.shape, test.grad_output.view(), test.weights.span().data(), test.grad_input.view()));
    });
}

TEST_P(Conv2d, BackwardWeightEqualsTheReference) {
    for_each_layer([](Case &test) {
        expect_ok(test.backward_weight());
        expect_near(test.grad_weights.span(),
                    reference::conv2d_backward_weight(test.layer.shape, test.input.view(), test.grad_output.view()));
    });
}

TEST_P(Conv2d, BackwardPaddingEqualsTheReference) {
    for_each_layer([](Case &test) {
        double gradient = 0;
        expect_ok(test.backward_padding(gradient));
        const reference::Sum sum = reference::conv2d_backward_padding(
            test.layer.shape, test.input.view(), test.grad_output.view(), test.weights.span().data());
        EXPECT_NEAR(gradient, sum.value, sum.terms * std::numeric_limits<double>::epsilon() * sum.magnitude);
    });
}

TEST_P(Conv2d, HasTheSameBitsForAnyNumberOfThreads) {
    std::vector<std::vector<float>> results;
    for (int threads : {1, 2, 7}) {
        expect_ok(set_thread_count(threads));
        Case test({16, 32, 32, 32, 37, {3, 1}}, 9);
        expect_ok(test.forward());
        expect_ok(test.backward_input());
        expect_ok(test.backward_weight());
        std::vector<float> &all = results.emplace_back(test.output.inside());
        const std::vector<float> grad_input = test.grad_input.inside();
        all.insert(all.end(), grad_input.begin(), grad_input.end());
        all.insert(all.end(), test.grad_weights.span().begin(), test.grad_weights.span().end());
    }
    expect_ok(set_thread_count(0));
    EXPECT_EQ(results[1], results[0]);
    EXPECT_EQ(results[2], results[0]);
}

void expect_error(const Status &status, ErrorCode code, const std::string &message) {
    EXPECT_EQ(status.code(), code);
    EXPECT_NE(status.message().find(message), std::string::npos) << status.message();
}

TEST_P(Conv2d, WhatDoesNotFitIsNamed) {
    Case test({16, 16, 8, 8, 1, {3, 1}}, 1);
    const auto mismatch = ErrorCode::mismatched_buffers, invalid = ErrorCode::invalid_argument;
    const float *weights = test.weights.span().data();
    float *grad_weights = test.grad_weights.span().data();
    const TensorView<float> input = test.input.view(), output = test.output.view();
    expect_error(conv2d({3, 1}, input, nullptr, output), mismatch, "weights: a null pointer");
    expect_error(
        conv2d({3, 2}, input, weights, output), mismatch, "output 16x8x8x1: expected 16x4x4x1 for input 16x8x8x1");
    expect_error(conv2d({3, 0}, input, weights, output), invalid, "stride = 0");
    expect_error(conv2d({2, 1}, input, weights, output), invalid, "kernel = 2: expected an odd number");
    expect_error(conv2d({5, 1}, input, weights, output), mismatch, "input: border = 1: expected at least 2");
    auto two = output;
    two.batch = 2;
    expect_error(conv2d({3, 1}, input, weights, two), mismatch, "output 16x8x8x2");
    auto bare = output;
    bare.border = 0;
    expect_error(conv2d_backward_input({3, 1}, bare, weights, input), mismatch, "grad_output: border = 0");
    expect_error(conv2d_backward_input({3, 1}, two, weights, input), mismatch, "grad_output 16x8x8x2");
    expect_error(conv2d_backward_weight({3, 1}, input, two, grad_weights), mismatch, "grad_output 16x8x8x2");
    expect_error(conv2d_backward_weight({3, 1}, input, output, nullptr), mismatch, "grad_weights: a null pointer");
    double gradient = 0;
    expect_error(conv2d_backward_padding({3, 1}, output, 9, 8, 16, weights, gradient), mismatch, "expected 16x9x8x1");
}

}  // namespace
}  // namespace dsq::tests
