#include "operators/conv2d.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "dsq/threads.h"
#include "tests/reference/conv2d.h"
#include "tests/support/guarded_tensor.h"
#include "tests/support/instruction_sets.h"
#include "tests/support/samples.h"

namespace dsq::tests {
namespace {

class Conv2d : public OnEveryInstructionSet {};
DSQ_ON_EVERY_INSTRUCTION_SET(Conv2d);

struct Layer {
    int in_channels, out_channels, width, height, batch;
    Conv2dShape shape;
};

std::vector<float> random_values(Random &random, std::size_t count) {
    std::vector<float> values(count);
    for (float &value : values) value = uniform(random, -1.0F, 1.0F);
    return values;
}

// A layer with its tensors, each ending at a guard page.
struct Case {
    Layer layer;
    GuardedTensor<float> input, weights, output;

    Case(const Layer &of, unsigned seed)
        : layer(of),
          input(values(seed, of.in_channels * of.width * of.height * of.batch)),
          weights(values(seed + 1, of.out_channels * of.in_channels * of.shape.kernel * of.shape.kernel)),
          output(static_cast<std::size_t>(of.out_channels * out_width() * out_height() * of.batch)) {
    }

    static std::vector<float> values(unsigned seed, int count) {
        Random random(seed);
        return random_values(random, static_cast<std::size_t>(count));
    }
    int out_width() const {
        return conv2d_output_extent(layer.width, layer.shape);
    }
    int out_height() const {
        return conv2d_output_extent(layer.height, layer.shape);
    }
    TensorView<const float> input_view() {
        return {input.span().data(), layer.in_channels, layer.width, layer.height, layer.batch};
    }
    TensorView<float> output_view() {
        return {output.span().data(), layer.out_channels, out_width(), out_height(), layer.batch};
    }
    Status run() {
        return conv2d(layer.shape, input_view(), weights.span().data(), output_view());
    }
};

void expect_equal_to_reference(Case &test) {
    const TensorView<float> out = test.output_view();
    const double terms = test.layer.in_channels * test.layer.shape.kernel * test.layer.shape.kernel;
    std::size_t i = 0;
    for (int n = 0; n < out.batch; ++n) {
        for (int y = 0; y < out.height; ++y) {
            for (int x = 0; x < out.width; ++x) {
                for (int co = 0; co < out.channels; ++co, ++i) {
                    const reference::Conv2dSum sum = reference::conv2d(
                        test.layer.shape, test.input_view(), test.weights.span().data(), out.channels, co, x, y, n);
                    // Each of the additions rounds by half a unit in the last place at most.
                    const double tolerance = terms * std::numeric_limits<float>::epsilon() / 2 * sum.magnitude;
                    ASSERT_NEAR(out.data[i], sum.value, tolerance) << co << ", " << x << ", " << y << ", " << n;
                }
            }
        }
    }
}

TEST_P(Conv2d, EqualsTheReference) {
    // Every kernel; rows of one tile, of odd widths, and of several; odd heights; few and many channels out.
    const Layer layers[] = {
        {3, 16, 32, 32, 2, {3, 1}},
        {3, 32, 9, 3, 1, {3, 1}},
        {3, 128, 8, 8, 1, {3, 1}},
        {16, 16, 32, 32, 2, {3, 1}},
        {16, 16, 8, 1, 3, {3, 1}},
        {16, 48, 13, 5, 1, {3, 1}},
        {16, 32, 32, 32, 1, {3, 2}},
        {16, 32, 17, 7, 2, {3, 2}},
        {32, 32, 16, 16, 2, {3, 1}},
        {32, 64, 16, 16, 2, {3, 2}},
        {64, 64, 8, 8, 3, {3, 1}},
        {64, 32, 11, 2, 1, {3, 1}},
        {128, 64, 8, 3, 1, {3, 1}},
        {256, 32, 8, 2, 1, {3, 1}},
        {512, 32, 8, 2, 1, {3, 1}},
    };
    unsigned seed = 1;
    for (const Layer &layer : layers) {
        SCOPED_TRACE(testing::Message() << layer.in_channels << " to " << layer.out_channels << " channels, "
                                        << layer.width << "x" << layer.height << ", stride " << layer.shape.stride
                                        << ", seed " << seed);
        Case test(layer, seed += 2);
        const Status status = test.run();
        ASSERT_TRUE(status.ok()) << status.message();
        expect_equal_to_reference(test);
    }
}

TEST_P(Conv2d, HasTheSameBitsForAnyNumberOfThreads) {
    std::vector<std::vector<float>> results;
    for (int threads : {1, 2, 7}) {
        ASSERT_TRUE(set_thread_count(threads).ok());
        Case test({16, 16, 32, 32, 5, {3, 1}}, 9);
        ASSERT_TRUE(test.run().ok());
        results.emplace_back(test.output.span().begin(), test.output.span().end());
    }
    ASSERT_TRUE(set_thread_count(0).ok());
    EXPECT_EQ(results[1], results[0]);
    EXPECT_EQ(results[2], results[0]);
}

void expect_error(const Status &status, ErrorCode code, const std::string &message) {
    EXPECT_EQ(status.code(), code);
    EXPECT_NE(status.message().find(message), std::string::npos) << status.message();
}

TEST_P(Conv2d, WhatDoesNotFitIsNamed) {
    Case test({16, 16, 8, 8, 1, {3, 1}}, 1);
    const float *weights = test.weights.span().data();
    const auto input = test.input_view();
    const auto output = test.output_view();
    expect_error(conv2d({3, 1}, input, nullptr, output), ErrorCode::mismatched_buffers, "weights: a null pointer");
    expect_error(
        conv2d({3, 2}, input, weights, output), ErrorCode::mismatched_buffers, "output 16x8x8x1: expected  16x4x4x1");
    expect_error(conv2d({3, 0}, input, weights, output), ErrorCode::invalid_argument, "stride = 0");
    auto narrow = output;
    narrow.batch = 2;
    expect_error(conv2d({3, 1}, input, weights, narrow), ErrorCode::mismatched_buffers, "output 16x8x8x2");
    expect_error(
        conv2d({5, 1}, input, weights, output), ErrorCode::invalid_argument, "no kernel for 16 channels, kernel 5");
    auto odd = output;
    odd.channels = 10;
    expect_error(conv2d({3, 1}, input, weights, odd), ErrorCode::invalid_argument, "output 10x8x8x1");
}

}  // namespace
}  // namespace dsq::tests
