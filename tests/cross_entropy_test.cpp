#include "operators/cross_entropy.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/support/expectations.h"
#include "tests/support/guarded_images.h"
#include "tests/support/instruction_sets.h"

namespace dsq::tests {
namespace {

class CrossEntropy : public OnEveryInstructionSet {};
DSQ_ON_EVERY_INSTRUCTION_SET(CrossEntropy);

// A batch with its results, each ending at a guard page.
struct Case {
    int classes, batch;
    GuardedImages logits, grad_logits;
    GuardedTensor<std::uint8_t> labels;
    GuardedTensor<float> losses;
    GuardedTensor<std::int32_t> predictions;

    Case(int of_classes, int of_batch, float scale, unsigned seed)
        : classes(of_classes),
          batch(of_batch),
          logits(ImageShape{classes, 1, 1, batch}, seed),
          grad_logits(ImageShape{classes, 1, 1, batch}, seed),
          labels(static_cast<std::size_t>(batch)),
          losses(static_cast<std::size_t>(batch)),
          predictions(static_cast<std::size_t>(batch)) {
        Random random(seed);
        for (float &logit : logits.memory()) logit *= scale;
        for (std::uint8_t &label : labels.span()) {
            label = static_cast<std::uint8_t>(random() % static_cast<unsigned>(std::min(classes, 256)));
        }
    }
    Status run(float smoothing) {
        return cross_entropy(
            logits.view(), labels.span(), smoothing, losses.span(), predictions.span(), grad_logits.view());
    }
    float logit(int k, int n) {
        return logits.at(k, 0, 0, n);
    }
};

void expect_equal_to_reference(Case &test, float smoothing) {
    for (int n = 0; n < test.batch; ++n) {
        int largest = 0;
        for (int k = 1; k < test.classes; ++k) {
            if (test.logit(k, n) > test.logit(largest, n)) largest = k;
        }
        double total = 0, loss = 0;
        const double maximum = test.logit(largest, n);
        for (int k = 0; k < test.classes; ++k) total += std::exp(double{test.logit(k, n)} - maximum);
        for (int k = 0; k < test.classes; ++k) {
            const bool is_label = k == test.labels.span()[static_cast<std::size_t>(n)];
            const double wanted = (is_label ? 1.0 - double{smoothing} : 0.0) + double{smoothing} / test.classes;
            const double log_p = double{test.logit(k, n)} - maximum - std::log(total);
            if (wanted > 0) loss -= wanted * log_p;
            ASSERT_NEAR(test.grad_logits.at(k, 0, 0, n), (std::exp(log_p) - wanted) / test.batch, 1e-6 / test.batch);
        }
        ASSERT_EQ(test.predictions.span()[static_cast<std::size_t>(n)], largest);
        ASSERT_NEAR(test.losses.span()[static_cast<std::size_t>(n)], loss, 1e-6 * (1 + std::abs(loss)));
    }
}

TEST_P(CrossEntropy, EqualsTheReference) {
    for (int classes : {1, 2, 7, 10, 100, 1000}) {
        for (int batch : {1, 7, 8, 9, 16, 33, 128}) {
            for (float scale : {0.1F, 10.0F, 1e4F}) {
                const float smoothing = scale == 0.1F ? 0.0F : 0.1F;
                SCOPED_TRACE(testing::Message() << classes << " classes, batch " << batch << ", scale " << scale);
                Case test(classes, batch, scale, static_cast<unsigned>(batch));
                assert_ok(test.run(smoothing));
                expect_equal_to_reference(test, smoothing);
            }
        }
    }
}

TEST_P(CrossEntropy, GivesTheSameWithoutAGradient) {
    Case with(10, 21, 3.0F, 1), without(10, 21, 3.0F, 1);
    assert_ok(with.run(0.1F));
    assert_ok(cross_entropy(
        without.logits.view(), without.labels.span(), 0.1F, without.losses.span(), without.predictions.span(), {}));
    EXPECT_EQ(bits(with.losses.span()), bits(without.losses.span()));
}

TEST_P(CrossEntropy, NeverOverflows) {
    Case test(10, 3, 1.0F, 1);
    for (float &logit : test.logits.memory()) logit *= 3e38F;
    assert_ok(test.run(0.0F));
    for (float loss : test.losses.span()) EXPECT_GE(loss, 0.0F);
    for (float gradient : test.grad_logits.memory()) EXPECT_TRUE(std::isfinite(gradient));
}

TEST_P(CrossEntropy, TheFirstOfEqualLogitsIsPredicted) {
    Case test(10, 20, 0.0F, 1);
    test.logits.at(3, 0, 0, 5) = test.logits.at(7, 0, 0, 5) = 2.0F;
    assert_ok(test.run(0.0F));
    for (int n = 0; n < test.batch; ++n) {
        EXPECT_EQ(test.predictions.span()[static_cast<std::size_t>(n)], n == 5 ? 3 : 0);
        const float loss = test.losses.span()[static_cast<std::size_t>(n)];
        EXPECT_TRUE(n == 5 || std::abs(loss - std::log(10.0F)) < 1e-6F) << loss;
    }
}

TEST_P(CrossEntropy, ANaNMakesTheLossOfItsImageNaN) {
    constexpr float infinity = std::numeric_limits<float>::infinity();
    for (float bad : {std::nanf(""), -std::nanf(""), infinity}) {
        for (float smoothing : {0.0F, 0.1F}) {
            Case test(10, 19, 1.0F, 1);
            test.logits.at(4, 0, 0, 6) = bad;
            for (int k = 0; k < 10; ++k) test.logits.at(k, 0, 0, 18) = bad;
            assert_ok(test.run(smoothing));
            for (int n = 0; n < test.batch; ++n) {
                const auto i = static_cast<std::size_t>(n);
                EXPECT_EQ(std::isnan(test.losses.span()[i]), n == 6 || n == 18) << n;
                EXPECT_EQ(std::isnan(test.grad_logits.at(0, 0, 0, n)), n == 6 || n == 18) << n;
                EXPECT_GE(test.predictions.span()[i], 0);
                EXPECT_LT(test.predictions.span()[i], 10);
            }
            EXPECT_EQ(test.predictions.span()[6] == 4, bad == infinity);
        }
    }
}

TEST_P(CrossEntropy, AClassThatCannotBeCostsNothingUnlessItIsTheLabel) {
    Case test(10, 2, 1.0F, 1);
    for (int n = 0; n < 2; ++n) {
        test.logits.at(4, 0, 0, n) = -std::numeric_limits<float>::infinity();
        test.labels.span()[static_cast<std::size_t>(n)] = n == 0 ? 4 : 5;
    }
    assert_ok(test.run(0.0F));
    EXPECT_TRUE(std::isinf(test.losses.span()[0]));
    EXPECT_TRUE(std::isfinite(test.losses.span()[1]));
}

TEST_P(CrossEntropy, HasTheSameBitsForAnyNumberOfThreads) {
    expect_same_bits_for_any_number_of_threads([] {
        Case test(10, 200, 3.0F, 1);
        assert_ok(test.run(0.1F));
        return std::vector{bits(test.losses.span()), bits(test.grad_logits.memory())};
    });
}

TEST_P(CrossEntropy, WhatDoesNotFitIsNamed) {
    Case test(10, 4, 1.0F, 1);
    expect_error(test.run(1.0F), ErrorCode::invalid_argument, "smoothing = 1");
    expect_error(test.run(std::nanf("")), ErrorCode::invalid_argument, "smoothing = nan");
    test.labels.span()[2] = 10;
    expect_error(test.run(0.0F), ErrorCode::invalid_argument, "labels: 10 at 2, expected less than 10");
    test.labels.span()[2] = 9;
    expect_error(cross_entropy(test.logits.view(),
                               test.labels.span(),
                               0.0F,
                               test.losses.span().first(3),
                               test.predictions.span(),
                               test.grad_logits.view()),
                 ErrorCode::mismatched_buffers,
                 "losses: 3 elements, expected 4");
    auto other = test.grad_logits.view();
    other.channels = 5;
    expect_error(
        cross_entropy(test.logits.view(), test.labels.span(), 0.0F, test.losses.span(), test.predictions.span(), other),
        ErrorCode::mismatched_buffers,
        "grad_logits 5x1x1x4: expected 10x1x1x4 for logits 10x1x1x4");
}

}  // namespace
}  // namespace dsq::tests
