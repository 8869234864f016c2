#include "operators/depthwise_conv2d.h"

#include <gtest/gtest.h>

#include <limits>

#include "operators/border.h"
#include "tests/reference/depthwise_conv2d.h"
#include "tests/support/expectations.h"
#include "tests/support/guarded_images.h"
#include "tests/support/instruction_sets.h"

namespace dsq::tests {
namespace {

class DepthwiseConv2d : public OnEveryInstructionSet {};
DSQ_ON_EVERY_INSTRUCTION_SET(DepthwiseConv2d);

using reference::DepthwiseSum;

// A layer with its tensors; the border of its input holds 0.5, that of its output's gradient 0.
struct Layer {
    Conv2dShape shape;
    GuardedImages input, output, grad_output, grad_input, weights, grad_weights;

    Layer(const ImageShape &images, int stride)
        : shape{3, stride},
          input(images, 1U),
          output(output_shape(images, 0)),
          grad_output(output_shape(images, 1), 2U),
          grad_input({images.channels, images.width, images.height, images.batch}),
          weights({images.channels, 3, 3, 1}, 3U),
          grad_weights({images.channels, 3, 3, 1}) {
        assert_ok(fill_border(input.view(), 0.5F));
        assert_ok(fill_border(grad_output.view(), 0.0F));
    }
    ImageShape output_shape(const ImageShape &images, int border) const {
        return {images.channels,
                conv2d_output_extent(images.width, shape),
                conv2d_output_extent(images.height, shape),
                images.batch,
                border};
    }
    Status forward() {
        return depthwise_conv2d(shape, input.view(), weights.memory().data(), output.view());
    }
    Status backward_input() {
        return depthwise_conv2d_backward_input(shape, grad_output.view(), weights.memory().data(), grad_input.view());
    }
    Status backward_weight() {
        return depthwise_conv2d_backward_weight(shape, input.view(), grad_output.view(), grad_weights.memory().data());
    }
};

// Each addition of the kernel rounds by half a unit in the last place at most.
void expect_sum(float found, const DepthwiseSum &sum, double terms) {
    ASSERT_NEAR(found, sum.value, terms * double{std::numeric_limits<float>::epsilon()} / 2 * sum.magnitude);
}

void check_forward(Layer &layer) {
    assert_ok(layer.forward());
    layer.output.for_each_place([&](int c, int x, int y, int n) {
        DepthwiseSum sum;
        reference::for_each_weight(layer.shape, x, y, [&](int kx, int ky, int from_x, int from_y) {
            sum.add(layer.weights.at(c, kx, ky, 0), layer.input.at(c, from_x, from_y, n));
        });
        expect_sum(layer.output.at(c, x, y, n), sum, 9);
    });
}

void check_backward(Layer &layer) {
    assert_ok(layer.backward_input());
    assert_ok(layer.backward_weight());
    const TensorView<float> &images = layer.grad_input.view();
    std::vector<DepthwiseSum> inputs(images.size()), weights(static_cast<std::size_t>(9 * images.channels));
    const auto pixel = [&](int c, int x, int y, int n) {
        return static_cast<std::size_t>(((n * images.height + y) * images.width + x) * images.channels + c);
    };
    const auto weight = [&](int c, int kx, int ky) {
        return static_cast<std::size_t>((ky * 3 + kx) * images.channels + c);
    };
    layer.grad_output.for_each_place([&](int c, int x, int y, int n) {
        const float gradient = layer.grad_output.at(c, x, y, n);
        reference::for_each_weight(layer.shape, x, y, [&](int kx, int ky, int from_x, int from_y) {
            weights[weight(c, kx, ky)].add(gradient, layer.input.at(c, from_x, from_y, n));
            if (from_x < 0 || from_x >= images.width || from_y < 0 || from_y >= images.height) return;
            inputs[pixel(c, from_x, from_y, n)].add(gradient, layer.weights.at(c, kx, ky, 0));
        });
    });
    layer.grad_input.for_each_place(
        [&](int c, int x, int y, int n) { expect_sum(layer.grad_input.at(c, x, y, n), inputs[pixel(c, x, y, n)], 9); });
    const double terms = double(layer.grad_output.view().size()) / images.channels;
    layer.grad_weights.for_each_place([&](int c, int kx, int ky, int) {
        expect_sum(layer.grad_weights.at(c, kx, ky, 0), weights[weight(c, kx, ky)], terms);
    });
}

TEST_P(DepthwiseConv2d, EqualsTheReferenceForwardAndBackward) {
    const ImageShape shapes[] = {
        {32, 16, 16, 2, 1},
        {64, 7, 7, 9, 1},
        {8, 4, 4, 8, 1},
        {16, 5, 6, 17, 2},
        {17, 9, 3, 2, 1},
        {3, 8, 8, 3, 1},
        {1, 1, 1, 1, 1},
        {7, 2, 1, 2, 3},
        {15, 3, 2, 1, 1},
    };
    for (const ImageShape &shape : shapes) {
        for (int stride : {1, 2}) {
            SCOPED_TRACE(testing::Message() << shape.channels << "x" << shape.width << "x" << shape.height << "x"
                                            << shape.batch << ", stride " << stride);
            Layer layer(shape, stride);
            check_forward(layer);
            check_backward(layer);
        }
    }
}

TEST_P(DepthwiseConv2d, HasTheSameBitsForAnyNumberOfThreads) {
    for (int stride : {1, 2}) {
        expect_same_bits_for_any_number_of_threads([stride] {
            Layer layer({19, 8, 8, 33, 1}, stride);
            assert_ok(layer.forward());
            assert_ok(layer.backward_input());
            assert_ok(layer.backward_weight());
            return std::vector{
                bits(layer.output.memory()), bits(layer.grad_input.memory()), bits(layer.grad_weights.memory())};
        });
    }
}

TEST_P(DepthwiseConv2d, WhatDoesNotFitIsNamed) {
    constexpr auto mismatched = ErrorCode::mismatched_buffers, invalid = ErrorCode::invalid_argument;
    Layer layer({16, 8, 8, 2, 1}, 1);
    layer.shape = {3, 2};
    expect_error(layer.forward(), mismatched, "output 16x8x8x2: expected 16x4x4x2 for input 16x8x8x2");
    layer.shape = {5, 1};
    expect_error(layer.forward(), invalid, "no kernel for extent 5, stride 1; there are");
    layer.shape = {3, 1};
    GuardedImages bare({16, 8, 8, 2}, 1U);
    float *weights = layer.weights.memory().data();
    expect_error(depthwise_conv2d({3, 1}, bare.view(), weights, layer.output.view()),
                 mismatched,
                 "input: a border of 0 pixels, expected at least 1");
    expect_error(depthwise_conv2d_backward_input({3, 1}, bare.view(), weights, layer.grad_input.view()),
                 mismatched,
                 "grad_output: a border of 0 pixels");
    expect_error(depthwise_conv2d({3, 1}, layer.input.view(), nullptr, layer.output.view()), mismatched, "weights: a");
    expect_error(depthwise_conv2d_backward_weight({3, 1}, layer.input.view(), layer.output.view(), nullptr),
                 mismatched,
                 "grad_weights: a null pointer");
}

}  // namespace
}  // namespace dsq::tests
