#include "operators/batch_norm.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/reference/batch_norm.h"
#include "tests/support/batch_norm_case.h"
#include "tests/support/expectations.h"
#include "tests/support/instruction_sets.h"

namespace dsq::tests {
namespace {

class BatchNorm : public OnEveryInstructionSet {};
DSQ_ON_EVERY_INSTRUCTION_SET(BatchNorm);

constexpr Clamp clamps[] = {{}, relu, relu6, hardtanh};

// In float32, one rounding an operation.
float reference_output(const BatchNormCase &test, std::size_t i) {
    const std::size_t c = test.channel(i);
    float sum = test.scale[c] * test.x[i] + test.shift[c];
    if (!test.residual.empty()) sum = sum + test.residual[i];
    return std::min(std::max(sum, test.clamp.lower), test.clamp.upper);
}

TEST_P(BatchNorm, OutputHasTheBitsOfTheReference) {
    unsigned seed = 0;
    for (const ImageShape &shape : batch_norm_shapes) {
        for (const Clamp &clamp : clamps) {
            for (bool residual : {false, true}) {
                BatchNormCase test(shape, ++seed, residual);
                test.clamp = clamp;
                SCOPED_TRACE(testing::PrintToString(shape) + ", seed " + std::to_string(seed));
                std::vector<float> expected(test.size());
                for (std::size_t i = 0; i < test.size(); ++i) expected[i] = reference_output(test, i);
                ASSERT_EQ(bits(run_forward(test, true, false).output), bits(expected));
                ASSERT_EQ(bits(run_forward(test, true, true).output), bits(expected));
            }
        }
    }
}

TEST_P(BatchNorm, QuantizedHasTheBitsOfTheQuantizer) {
    unsigned seed = 0;
    for (const ImageShape &shape : batch_norm_shapes) {
        for (Method method : methods_with_codes) {
            ++seed;
            BatchNormCase test(shape, seed, seed % 2 == 0);
            test.clamp = clamps[seed % 4];
            test.quantizer = random_quantizer(test.random, method, 1 + static_cast<int>(seed % 8));
            if (method == Method::dorefa) {
                test.quantizer.operand = Operand::activations, test.quantizer.lower = 0, test.quantizer.upper = 1;
            }
            SCOPED_TRACE(testing::PrintToString(shape) + ", " + describe(test.quantizer, seed));
            const BatchNormResult both = run_forward(test);
            std::vector<float> expected(test.size());
            ASSERT_TRUE(quantize_values(test.quantizer, both.output, expected).ok());
            ASSERT_EQ(bits(both.quantized), bits(expected));
            ASSERT_EQ(bits(run_forward(test, false, true).quantized), bits(expected));
        }
    }
}

TEST_P(BatchNorm, WithoutQuantizerQuantizedIsTheOutput) {
    BatchNormCase test(batch_norm_shapes[1], 1, true);
    test.quantizer.method = Method::none;
    const BatchNormResult both = run_forward(test);
    EXPECT_EQ(bits(both.quantized), bits(both.output));
    EXPECT_EQ(bits(run_forward(test, false, true).quantized), bits(both.output));
}

TEST_P(BatchNorm, ANanInXIsNotHidden) {
    for (const Clamp &clamp : clamps) {
        BatchNormCase test(batch_norm_shapes[0], 1);
        test.clamp = clamp;
        test.x[5] = std::nanf("");
        EXPECT_TRUE(std::isnan(run_forward(test, true, false).output[5]));
    }
}

struct MeanAndVariance {
    std::vector<float> mean, variance;
};

MeanAndVariance run_statistics(const ImageShape &shape, const std::vector<float> &values) {
    const GuardedImages x(shape, values);
    const auto channels = static_cast<std::size_t>(shape.channels);
    GuardedTensor<float> mean(channels), variance(channels);
    const Status status = batch_norm_statistics(x.view(), mean.span(), variance.span());
    EXPECT_TRUE(status.ok()) << status.message();
    return {{mean.span().begin(), mean.span().end()}, {variance.span().begin(), variance.span().end()}};
}

void expect_statistics(const BatchNormCase &test) {
    const MeanAndVariance found = run_statistics(test.shape, test.x);
    const auto channels = static_cast<std::size_t>(test.shape.channels);
    const auto [mean, variance] = reference::channel_statistics({test.x.begin(), test.x.end()}, channels);
    for (std::size_t c = 0; c < channels; ++c) {
        // Half a unit in the last place of the result, and the roundings of sums that are as large as deviations.
        const double deviation = std::sqrt(variance[c]);
        ASSERT_NEAR(found.mean[c], mean[c], 1e-7 * std::fabs(mean[c]) + 1e-5 * deviation) << "channel " << c;
        ASSERT_NEAR(found.variance[c], variance[c], 2e-5 * variance[c] + 1e-30) << "channel " << c;
    }
}

TEST_P(BatchNorm, StatisticsEqualTheReference) {
    unsigned seed = 0;
    for (const ImageShape &shape : batch_norm_shapes) {
        SCOPED_TRACE(testing::PrintToString(shape));
        expect_statistics(BatchNormCase(shape, ++seed));
    }
    expect_statistics(BatchNormCase({16, 64, 64, 4}, 1));
}

TEST_P(BatchNorm, AMeanThatIsLargeBesideTheDeviationDoesNotCancel) {
    BatchNormCase test({24, 32, 32, 8, 1}, 1);
    for (float &value : test.x) value = 100.0F + 0.1F * value;
    expect_statistics(test);
    for (float &value : test.x) value = 100.0F;
    const MeanAndVariance constant = run_statistics(test.shape, test.x);
    EXPECT_EQ(constant.mean, std::vector<float>(24, 100.0F));
    EXPECT_EQ(constant.variance, std::vector<float>(24, 0.0F));
}

TEST_P(BatchNorm, StatisticsHaveTheSameBitsForAnyNumberOfThreads) {
    const BatchNormCase test({10, 9, 7, 13, 1}, 3);
    expect_same_bits_for_any_number_of_threads([&] {
        const MeanAndVariance found = run_statistics(test.shape, test.x);
        return std::pair(bits(found.mean), bits(found.variance));
    });
}

TEST_P(BatchNorm, WhatDoesNotFitIsNamed) {
    constexpr auto mismatch = ErrorCode::mismatched_buffers;
    BatchNormCase test({4, 3, 3, 2}, 1);
    GuardedImages x(test.shape, test.x), output(test.shape), small({4, 3, 2, 2});
    const BatchNormForward valid{
        .x = x.view(), .scale = test.scale, .shift = test.shift, .output = output.view(), .quantized = output.view()};
    const auto forward = [&](auto change) {
        BatchNormForward arguments = valid;
        change(arguments);
        return batch_norm(arguments);
    };
    expect_error(forward([](auto &a) { a.x.data = nullptr; }), mismatch, "x: a null pointer");
    expect_error(forward([](auto &a) { a.x.batch = 0; }), mismatch, "x: no elements");
    expect_error(
        forward([&](auto &a) { a.residual = small.view(); }), mismatch, "residual 4x3x2x2: expected 4x3x3x2 for x");
    expect_error(
        forward([&](auto &a) { a.output = small.view(); }), mismatch, "output 4x3x2x2: expected 4x3x3x2 for x");
    expect_error(forward([](auto &a) { a.shift = a.shift.first(3); }), mismatch, "shift: 3 elements, expected 4");
    expect_error(forward([](auto &a) { a.output = a.quantized = {}; }), mismatch, "output and quantized: both null");
    expect_error(forward([](auto &a) { a.quantizer.bits = 9; }), ErrorCode::invalid_argument, "bits = 9");
    expect_error(
        forward([](auto &a) { a.quantizer = {.method = Method::dorefa, .operand = Operand::weights, .lower = -1.0F}; }),
        ErrorCode::invalid_argument,
        "quantizer.operand = weights");
    std::vector<float> mean(4), variance(3);
    expect_error(batch_norm_statistics(x.view(), mean, variance), mismatch, "variance: 3 elements, expected 4");
}

}  // namespace
}  // namespace dsq::tests
