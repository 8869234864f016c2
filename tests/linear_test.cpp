#include "operators/linear.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/support/expectations.h"
#include "tests/support/guarded_images.h"
#include "tests/support/instruction_sets.h"

namespace dsq::tests {
namespace {

class Linear : public OnEveryInstructionSet {};
DSQ_ON_EVERY_INSTRUCTION_SET(Linear);

std::vector<float> random_values(unsigned seed, int count) {
    Random random(seed);
    std::vector<float> values(static_cast<std::size_t>(count));
    for (float &value : values) value = uniform(random, -1.0F, 1.0F);
    return values;
}

// A layer with its tensors and their gradients, each ending at a guard page.
struct Layer {
    int in, out, batch;
    GuardedImages input, output, grad_output, grad_input;
    GuardedTensor<float> weights, bias, grad_weights, grad_bias;

    Layer(const ImageShape &images, int out_channels)
        : in(images.channels * images.width * images.height),
          out(out_channels),
          batch(images.batch),
          input(images, 1),
          output(ImageShape{out, 1, 1, batch}, 2),
          grad_output(ImageShape{out, 1, 1, batch}, 3),
          grad_input(images, 4),
          weights(random_values(5, in * out)),
          bias(random_values(6, out)),
          grad_weights(static_cast<std::size_t>(in * out)),
          grad_bias(static_cast<std::size_t>(out)) {
    }
    float x(int i, int n) {
        return input.memory()[static_cast<std::size_t>(n * in + i)];
    }
    float w(int o, int i) {
        return weights.span()[static_cast<std::size_t>(i * out + o)];
    }
    float dy(int o, int n) {
        return grad_output.memory()[static_cast<std::size_t>(n * out + o)];
    }
};

// Sum over k < terms of product(k), in double; each addition of the kernel rounds by half a unit in the last place.
template <typename Product>
void expect_sum(float found, double first, int terms, Product product) {
    double sum = first, magnitude = std::abs(first);
    for (int k = 0; k < terms; ++k) {
        const double term = product(k);
        sum += term;
        magnitude += std::abs(term);
    }
    ASSERT_NEAR(found, sum, (terms + 1) * double{std::numeric_limits<float>::epsilon()} / 2 * magnitude);
}

void check_forward(Layer &layer, bool with_bias) {
    const std::span<const float> bias = with_bias ? layer.bias.span() : std::span<const float>{};
    assert_ok(linear(layer.input.view(), layer.weights.span(), bias, layer.output.view()));
    layer.output.for_each_place([&](int o, int, int, int n) {
        const double first = with_bias ? double{bias[static_cast<std::size_t>(o)]} : 0.0;
        expect_sum(layer.output.at(o, 0, 0, n), first, layer.in, [&](int i) {
            return double{layer.w(o, i)} * double{layer.x(i, n)};
        });
    });
}

void check_backward_input(Layer &layer) {
    assert_ok(linear_backward_input(layer.grad_output.view(), layer.weights.span(), layer.grad_input.view()));
    for (int n = 0; n < layer.batch; ++n) {
        for (int i = 0; i < layer.in; ++i) {
            const float found = layer.grad_input.memory()[static_cast<std::size_t>(n * layer.in + i)];
            expect_sum(found, 0, layer.out, [&](int o) { return double{layer.w(o, i)} * double{layer.dy(o, n)}; });
        }
    }
}

void check_backward_weight(Layer &layer) {
    assert_ok(linear_backward_weight(
        layer.input.view(), layer.grad_output.view(), layer.grad_weights.span(), layer.grad_bias.span()));
    for (int i = 0; i < layer.in; ++i) {
        for (int o = 0; o < layer.out; ++o) {
            const float found = layer.grad_weights.span()[static_cast<std::size_t>(i * layer.out + o)];
            expect_sum(found, 0, layer.batch, [&](int n) { return double{layer.dy(o, n)} * double{layer.x(i, n)}; });
        }
    }
    for (int o = 0; o < layer.out; ++o) {
        const float found = layer.grad_bias.span()[static_cast<std::size_t>(o)];
        expect_sum(found, 0, layer.batch, [&](int n) { return double{layer.dy(o, n)}; });
    }
}

TEST_P(Linear, EqualsTheReferenceForwardAndBackward) {
    struct Case {
        ImageShape input;
        int out;
    };
    // The ends of ResNet-20, VGG-Small and ResNet-18; sizes around those of vectors, tiles and tasks.
    const Case cases[] = {
        {ImageShape{64, 1, 1, 128}, 10},
        {ImageShape{512, 4, 4, 3}, 10},
        {ImageShape{512, 1, 1, 5}, 1000},
        {ImageShape{1, 1, 1, 1}, 1},
        {ImageShape{3, 2, 1, 1}, 7},
        {ImageShape{7, 1, 1, 63}, 8},
        {ImageShape{8, 1, 1, 64}, 15},
        {ImageShape{9, 1, 1, 65}, 16},
        {ImageShape{31, 1, 1, 2}, 17},
        {ImageShape{32, 1, 1, 129}, 31},
        {ImageShape{33, 1, 1, 9}, 33},
    };
    for (const Case &test : cases) {
        Layer layer(test.input, test.out);
        SCOPED_TRACE(testing::Message() << layer.in << " to " << layer.out << ", batch " << layer.batch);
        check_forward(layer, true);
        check_forward(layer, false);
        check_backward_input(layer);
        check_backward_weight(layer);
    }
}

TEST_P(Linear, HasTheSameBitsForAnyNumberOfThreads) {
    expect_same_bits_for_any_number_of_threads([] {
        Layer layer(ImageShape{100, 2, 1, 150}, 37);
        assert_ok(linear(layer.input.view(), layer.weights.span(), layer.bias.span(), layer.output.view()));
        assert_ok(linear_backward_input(layer.grad_output.view(), layer.weights.span(), layer.grad_input.view()));
        assert_ok(linear_backward_weight(
            layer.input.view(), layer.grad_output.view(), layer.grad_weights.span(), layer.grad_bias.span()));
        std::vector<std::vector<std::uint32_t>> results;
        for (std::span<float> result :
             {layer.output.memory(), layer.grad_input.memory(), layer.grad_weights.span(), layer.grad_bias.span()}) {
            results.push_back(bits(result));
        }
        return results;
    });
}

TEST_P(Linear, WhatDoesNotFitIsNamed) {
    Layer layer(ImageShape{16, 2, 2, 3}, 10);
    const auto weights = layer.weights.span();
    const auto bias = layer.bias.span();
    const auto input = layer.input.view();
    const auto output = layer.output.view();
    expect_error(linear(input, weights.first(639), bias, output),
                 ErrorCode::mismatched_buffers,
                 "weights: 639 elements, expected 640");
    expect_error(
        linear(input, weights, bias.first(9), output), ErrorCode::mismatched_buffers, "bias: 9 elements, expected 10");
    GuardedImages bordered(ImageShape{16, 2, 2, 3, 1}, 1);
    expect_error(linear(bordered.view(), weights, bias, output),
                 ErrorCode::mismatched_buffers,
                 "input: a border of 1 pixels, expected none");
    auto few = output;
    few.batch = 2;
    expect_error(linear(input, weights, bias, few),
                 ErrorCode::mismatched_buffers,
                 "output 10x1x1x2: expected 10x1x1x3 for input 16x2x2x3");
    expect_error(linear_backward_input({}, weights, input), ErrorCode::mismatched_buffers, "grad_output: a null");
    expect_error(linear_backward_weight(input, output, weights.first(1), bias),
                 ErrorCode::mismatched_buffers,
                 "grad_weights: 1 elements, expected 640");
    expect_error(linear_backward_weight(input, output, weights, bias.first(1)),
                 ErrorCode::mismatched_buffers,
                 "grad_bias: 1 elements, expected 10");
}

}  // namespace
}  // namespace dsq::tests
