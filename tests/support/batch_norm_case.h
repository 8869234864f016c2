// A batch normalization with what follows it, on random tensors, and its kernels called on guarded memory.
#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "operators/batch_norm.h"
#include "tests/support/guarded_images.h"
#include "tests/support/samples.h"

namespace dsq::tests {

// Channels below, at and around the width of a vector; images of one pixel, odd ones, with and without a border.
inline const std::vector<ImageShape> batch_norm_shapes{
    {16, 8, 8, 4},
    {16, 7, 5, 3, 1},
    {1, 5, 4, 2},
    {3, 6, 5, 2, 1},
    {10, 1, 1, 7},
    {24, 3, 2, 2, 2},
    {64, 4, 4, 3, 1},
    {96, 2, 3, 1},
    {512, 1, 1, 3},
    {33, 2, 2, 2},
};

inline void PrintTo(const ImageShape &s, std::ostream *out) {
    *out << s.channels << "x" << s.width << "x" << s.height << "x" << s.batch << ", border " << s.border;
}

struct BatchNormCase {
    ImageShape shape;
    Random random;
    std::vector<float> x, residual, grad_output, grad_quantized;  // residual: may be empty
    std::vector<float> scale, shift, mean, inverse_deviation;     // of each channel
    Clamp clamp;
    Quantizer quantizer;

    BatchNormCase(const ImageShape &of, unsigned seed, bool has_residual = false)
        : shape(of), random(seed), x(normal(size())), residual(has_residual ? normal(size()) : std::vector<float>{}) {
        grad_output = normal(size());
        grad_quantized = normal(size());
        const auto channels = static_cast<std::size_t>(shape.channels);
        shift = normal(channels), mean = normal(channels);
        for (std::size_t c = 0; c < channels; ++c) {
            scale.push_back(uniform(random, -1.0F, 2.0F));
            inverse_deviation.push_back(uniform(random, 0.1F, 3.0F));
        }
    }

    std::size_t size() const {
        return std::size_t(shape.channels) * std::size_t(shape.width) * std::size_t(shape.height) *
               std::size_t(shape.batch);
    }
    std::size_t channel(std::size_t element) const {
        return element % static_cast<std::size_t>(shape.channels);
    }
    double count() const {
        return double(shape.width) * shape.height * shape.batch;
    }

private:
    std::vector<float> normal(std::size_t elements) {
        std::normal_distribution<float> distribution;
        std::vector<float> values(elements);
        for (float &value : values) value = distribution(random);
        return values;
    }
};

struct BatchNormResult {
    std::vector<float> output, quantized;
};

inline BatchNormResult run_forward(const BatchNormCase &test, bool want_output = true, bool want_quantized = true) {
    const GuardedImages x(test.shape, test.x), residual(test.shape, test.residual.empty() ? test.x : test.residual);
    GuardedImages output(test.shape), quantized(test.shape);
    BatchNormForward arguments{.x = x.view(), .scale = test.scale, .shift = test.shift, .clamp = test.clamp};
    if (!test.residual.empty()) arguments.residual = residual.view();
    if (want_output) arguments.output = output.view();
    if (want_quantized) arguments.quantized = quantized.view();
    arguments.quantizer = test.quantizer;
    const Status status = batch_norm(arguments);
    EXPECT_TRUE(status.ok()) << status.message();
    BatchNormResult result{output.values(), quantized.values()};
    EXPECT_TRUE(output.border_is_untouched() && quantized.border_is_untouched());
    return result;
}

struct BatchNormGradients {
    std::vector<float> grad_sum, grad_scale, grad_shift;
    ParameterGradients quantizer;
};

// `output`: saved by the forward pass, or empty. Gradients that are empty are passed as null.
inline BatchNormGradients run_backward(const BatchNormCase &test, const std::vector<float> &saved_output) {
    const auto images = [&](const std::vector<float> &values) {
        return values.empty() ? GuardedImages(test.shape) : GuardedImages(test.shape, values);
    };
    const auto view = [](const GuardedImages &of, const std::vector<float> &values) {
        return values.empty() ? TensorView<const float>{} : of.view();
    };
    const GuardedImages x = images(test.x), output = images(saved_output), grad_output = images(test.grad_output),
                        grad_quantized = images(test.grad_quantized);
    GuardedImages grad_sum(test.shape);
    BatchNormGradients result{{}, std::vector<float>(test.scale.size()), std::vector<float>(test.scale.size()), {}};
    const Status status = batch_norm_backward({.x = x.view(),
                                               .scale = test.scale,
                                               .shift = test.shift,
                                               .mean = test.mean,
                                               .inverse_deviation = test.inverse_deviation,
                                               .output = view(output, saved_output),
                                               .clamp = test.clamp,
                                               .grad_output = view(grad_output, test.grad_output),
                                               .grad_quantized = view(grad_quantized, test.grad_quantized),
                                               .quantizer = test.quantizer,
                                               .grad_sum = grad_sum.view(),
                                               .grad_scale = result.grad_scale,
                                               .grad_shift = result.grad_shift,
                                               .quantizer_gradients = &result.quantizer});
    EXPECT_TRUE(status.ok()) << status.message();
    result.grad_sum = grad_sum.values();
    EXPECT_TRUE(grad_sum.border_is_untouched());
    return result;
}

inline std::vector<float> run_backward_input(const BatchNormCase &test, const BatchNormGradients &gradients) {
    const GuardedImages x(test.shape, test.x), grad_sum(test.shape, gradients.grad_sum);
    GuardedImages grad_x(test.shape);
    const Status status = batch_norm_backward_input({.x = x.view(),
                                                     .grad_sum = grad_sum.view(),
                                                     .scale = test.scale,
                                                     .mean = test.mean,
                                                     .inverse_deviation = test.inverse_deviation,
                                                     .grad_scale = gradients.grad_scale,
                                                     .grad_shift = gradients.grad_shift,
                                                     .grad_x = grad_x.view()});
    EXPECT_TRUE(status.ok()) << status.message();
    std::vector<float> result = grad_x.values();
    EXPECT_TRUE(grad_x.border_is_untouched());
    return result;
}

}  // namespace dsq::tests
