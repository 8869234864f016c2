#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>

#include "tests/reference/batch_norm.h"
#include "tests/reference/quantizer.h"
#include "tests/support/batch_norm_case.h"
#include "tests/support/expectations.h"
#include "tests/support/instruction_sets.h"

namespace dsq::tests {
namespace {

class BatchNormBackward : public OnEveryInstructionSet {};
DSQ_ON_EVERY_INSTRUCTION_SET(BatchNormBackward);

constexpr Clamp clamps[] = {{}, relu, relu6, hardtanh};

Quantizer quantizer_of_activations(Random &random, Method method, int bits) {
    Quantizer quantizer = random_quantizer(random, method == Method::none ? Method::dsq : method, bits);
    quantizer.method = method;
    quantizer.lower = method == Method::pact || method == Method::pact_dsq ? 0.0F : uniform(random, -1.0F, 0.2F);
    quantizer.upper = uniform(random, 0.5F, 2.5F);
    if (method == Method::dorefa) quantizer.operand = Operand::activations, quantizer.lower = 0, quantizer.upper = 1;
    return quantizer;
}

constexpr Method methods[] = {Method::none,
                              Method::dsq,
                              Method::binary,
                              Method::ste,
                              Method::pact,
                              Method::pact_dsq,
                              Method::lsq,
                              Method::dorefa};

// The sums of each channel, and of the magnitudes that rounding errors are measured by: of what a gradient is the sum
// of.
struct ChannelSums {
    std::vector<double> scale, shift, scale_size, shift_size;
};

ChannelSums channel_sums(const BatchNormCase &test,
                         const std::vector<float> &grad_sum,
                         const std::vector<double> &magnitudes) {
    const std::vector<double> zeros(test.scale.size());
    ChannelSums sums{zeros, zeros, zeros, zeros};
    for (std::size_t i = 0; i < test.size(); ++i) {
        const std::size_t c = test.channel(i);
        const double g = grad_sum[i], normalized = (double{test.x[i]} - test.mean[c]) * test.inverse_deviation[c];
        sums.shift[c] += g, sums.shift_size[c] += magnitudes[i];
        sums.scale[c] += g * normalized, sums.scale_size[c] += magnitudes[i] * std::fabs(normalized);
    }
    return sums;
}

double at(const std::vector<float> &optional, std::size_t i) {
    return optional.empty() ? 0.0 : double{optional[i]};
}

// `output`: of the forward pass.
void expect_equal_to_reference(const BatchNormCase &test,
                               const BatchNormGradients &found,
                               const std::vector<float> &output) {
    std::vector<float> through_quantizer(test.size(), 0.0F);
    ParameterGradients quantizer;
    if (!test.grad_quantized.empty()) {
        ASSERT_TRUE(quantize_backward(test.quantizer, output, test.grad_quantized, through_quantizer, quantizer).ok());
    }
    double size = 0;  // of the terms of the quantizer's sums
    std::vector<double> magnitudes(test.size());
    for (std::size_t i = 0; i < test.size(); ++i) {
        const bool between = output[i] > test.clamp.lower && output[i] < test.clamp.upper;
        const double expected = between ? at(test.grad_output, i) + double{through_quantizer[i]} : 0.0;
        magnitudes[i] = std::fabs(at(test.grad_output, i)) + std::fabs(double{through_quantizer[i]});
        ASSERT_NEAR(found.grad_sum[i], expected, 1e-6 * magnitudes[i]) << "element " << i;
        size += std::fabs(at(test.grad_quantized, i)) + std::fabs(double{through_quantizer[i]});
    }
    const ChannelSums sums = channel_sums(test, found.grad_sum, magnitudes);
    for (std::size_t c = 0; c < test.scale.size(); ++c) {
        ASSERT_NEAR(found.grad_shift[c], sums.shift[c], 1e-6 * sums.shift_size[c]) << "channel " << c;
        ASSERT_NEAR(found.grad_scale[c], sums.scale[c], 1e-6 * sums.scale_size[c]) << "channel " << c;
    }
    EXPECT_NEAR(found.quantizer.lower, quantizer.lower, 1e-6 * size);
    EXPECT_NEAR(found.quantizer.upper, quantizer.upper, 1e-6 * size);
    EXPECT_NEAR(found.quantizer.alpha, quantizer.alpha, 1e-5 * size * (test.quantizer.upper - test.quantizer.lower));
}

TEST_P(BatchNormBackward, EqualsTheBackwardPassesOneByOne) {
    unsigned seed = 0;
    for (const ImageShape &shape : batch_norm_shapes) {
        for (Method method : methods) {
            for (bool residual : {false, true}) {
                BatchNormCase test(shape, ++seed, residual);
                test.clamp = clamps[seed / 2 % 4];
                test.quantizer = quantizer_of_activations(test.random, method, 1 + static_cast<int>(seed / 3 % 8));
                if (seed % 5 == 0) test.quantizer.bound_gradient = BoundGradient::hard;
                if (seed % 3 == 0) test.grad_output.clear();
                SCOPED_TRACE(testing::PrintToString(shape) + ", " + describe(test.quantizer, seed));
                const std::vector<float> output = run_forward(test, true, false).output;
                expect_equal_to_reference(test, run_backward(test, output), output);
                if (!residual) expect_equal_to_reference(test, run_backward(test, {}), output);
                if (HasFatalFailure()) return;
            }
        }
    }
}

TEST_P(BatchNormBackward, WithoutQuantizerEqualsTheReference) {
    unsigned seed = 0;
    for (const ImageShape &shape : batch_norm_shapes) {
        for (const Clamp &clamp : clamps) {
            ++seed;
            BatchNormCase test(shape, seed, seed % 2 == 0);
            test.clamp = clamp;
            test.grad_quantized.clear();
            SCOPED_TRACE(testing::PrintToString(shape) + ", seed " + std::to_string(seed));
            const std::vector<float> output = run_forward(test, true, false).output;
            expect_equal_to_reference(
                test, run_backward(test, test.residual.empty() ? std::vector<float>{} : output), output);
        }
    }
}

TEST_P(BatchNormBackward, BackwardInputEqualsTheReference) {
    unsigned seed = 0;
    for (const ImageShape &shape : batch_norm_shapes) {
        BatchNormCase test(shape, ++seed);
        SCOPED_TRACE(testing::PrintToString(shape));
        const BatchNormGradients gradients = run_backward(test, {});
        const std::vector<float> found = run_backward_input(test, gradients);
        for (std::size_t i = 0; i < test.size(); ++i) {
            const std::size_t c = test.channel(i);
            const double normalized = (double{test.x[i]} - test.mean[c]) * test.inverse_deviation[c];
            const double g = gradients.grad_sum[i], of_mean = gradients.grad_shift[c] / test.count(),
                         of_deviation = normalized * gradients.grad_scale[c] / test.count();
            const double size =
                std::fabs(test.scale[c]) * (std::fabs(g) + std::fabs(of_mean) + std::fabs(of_deviation));
            ASSERT_NEAR(found[i], test.scale[c] * (g - of_mean - of_deviation), 1e-6 * size) << "element " << i;
        }
    }
}

// The loss sum(grad_output * output + grad_quantized * soft(output)) of a batch normalization of x, gamma, beta.
struct Network {
    BatchNormCase test;
    std::vector<double> x, gamma, beta, residual;
    double lower, upper, alpha;

    Network(const ImageShape &shape, unsigned seed, Method method) : test(shape, seed, true) {
        test.clamp = relu;
        test.quantizer = quantizer_of_activations(test.random, method, 2);
        x.assign(test.x.begin(), test.x.end());
        residual.assign(test.residual.begin(), test.residual.end());
        gamma.assign(test.scale.begin(), test.scale.end());
        beta.assign(test.shift.begin(), test.shift.end());
        lower = test.quantizer.lower, upper = test.quantizer.upper, alpha = test.quantizer.alpha;
    }

    double loss() const {
        const reference::ChannelStatistics statistics = reference::channel_statistics(x, gamma.size());
        double sum = 0;
        for (std::size_t i = 0; i < x.size(); ++i) {
            const std::size_t c = test.channel(i);
            const double normalized = (x[i] - statistics.mean[c]) / std::sqrt(statistics.variance[c]);
            const double output = std::max(gamma[c] * normalized + beta[c] + residual[i], 0.0);
            sum += test.grad_output[i] * output;
            sum += test.grad_quantized[i] * reference::soft(test.quantizer, {output, lower, upper, alpha});
        }
        return sum;
    }
    double quotient(double &parameter) {
        constexpr double h = 1e-6;
        const double before = parameter;
        parameter = before + h;
        const double above = loss();
        parameter = before - h;
        const double below = loss();
        parameter = before;
        return (above - below) / (2 * h);
    }
};

TEST_P(BatchNormBackward, GradientsEqualCentralDifferences) {
    for (unsigned seed = 1; seed <= 4; ++seed) {
        SCOPED_TRACE(testing::Message() << "seed " << seed);
        Network network({5, 4, 3, 3, 1}, seed, Method::dsq);
        BatchNormCase &test = network.test;
        const reference::ChannelStatistics statistics = reference::channel_statistics(network.x, network.gamma.size());
        for (std::size_t c = 0; c < network.gamma.size(); ++c) {
            const double inverse = 1 / std::sqrt(statistics.variance[c]);
            test.mean[c] = static_cast<float>(statistics.mean[c]);
            test.inverse_deviation[c] = static_cast<float>(inverse);
            test.scale[c] = static_cast<float>(network.gamma[c] * inverse);
            test.shift[c] = static_cast<float>(network.beta[c] - network.gamma[c] * inverse * statistics.mean[c]);
        }
        const BatchNormGradients found = run_backward(test, run_forward(test, true, false).output);
        const std::vector<float> grad_x = run_backward_input(test, found);
        const auto expect_near = [](double value, double expected, const char *what) {
            EXPECT_NEAR(value, expected, 2e-4 * (1 + std::fabs(expected))) << what;
        };
        for (std::size_t c = 0; c < network.gamma.size(); ++c) {
            expect_near(found.grad_scale[c], network.quotient(network.gamma[c]), "gamma");
            expect_near(found.grad_shift[c], network.quotient(network.beta[c]), "beta");
        }
        for (std::size_t i = 0; i < network.x.size(); ++i) {
            expect_near(grad_x[i], network.quotient(network.x[i]), "x");
            expect_near(found.grad_sum[i], network.quotient(network.residual[i]), "residual");
        }
        expect_near(found.quantizer.lower, network.quotient(network.lower), "lower");
        expect_near(found.quantizer.upper, network.quotient(network.upper), "upper");
        expect_near(found.quantizer.alpha, network.quotient(network.alpha), "alpha");
    }
}

TEST_P(BatchNormBackward, HasTheSameBitsForAnyNumberOfThreads) {
    for (const ImageShape &shape : {ImageShape{16, 9, 7, 13, 1}, ImageShape{10, 5, 5, 6}}) {
        BatchNormCase test(shape, 5);
        test.clamp = relu;
        expect_same_bits_for_any_number_of_threads([&] {
            const BatchNormGradients found = run_backward(test, {});
            return std::tuple(bits(found.grad_sum),
                              bits(found.grad_scale),
                              bits(found.grad_shift),
                              std::bit_cast<std::array<std::uint64_t, 3>>(found.quantizer));
        });
    }
}

TEST_P(BatchNormBackward, WhatDoesNotFitIsNamed) {
    const BatchNormCase test({4, 3, 3, 2}, 1);
    const GuardedImages x(test.shape, test.x), small({4, 3, 3, 1});
    GuardedImages result(test.shape);
    std::vector<float> sums(4);
    const auto backward = [&](const TensorView<const float> &grad_quantized, ParameterGradients *gradients) {
        return batch_norm_backward({.x = x.view(),
                                    .scale = test.scale,
                                    .shift = test.shift,
                                    .mean = test.mean,
                                    .inverse_deviation = test.inverse_deviation,
                                    .grad_quantized = grad_quantized,
                                    .grad_sum = result.view(),
                                    .grad_scale = sums,
                                    .grad_shift = sums,
                                    .quantizer_gradients = gradients});
    };
    ParameterGradients gradients;
    EXPECT_EQ(backward(small.view(), &gradients).message(), "grad_quantized 4x3x3x1: expected 4x3x3x2 for x 4x3x3x2");
    EXPECT_EQ(backward(x.view(), nullptr).message(), "quantizer_gradients: a null pointer");
    const Status status = batch_norm_backward_input({.x = x.view(),
                                                     .grad_sum = x.view(),
                                                     .scale = test.scale,
                                                     .mean = test.mean,
                                                     .inverse_deviation = test.inverse_deviation,
                                                     .grad_scale = sums,
                                                     .grad_shift = {},
                                                     .grad_x = result.view()});
    EXPECT_EQ(status.message(), "grad_shift: 0 elements, expected 4 as x has channels");
}

}  // namespace
}  // namespace dsq::tests
