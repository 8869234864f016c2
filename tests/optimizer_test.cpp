#include "operators/optimizer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/expectations.h"
#include "tests/support/guarded_tensor.h"
#include "tests/support/instruction_sets.h"
#include "tests/support/samples.h"

namespace dsq::tests {
namespace {

class Optimizer : public OnEveryInstructionSet {};
DSQ_ON_EVERY_INSTRUCTION_SET(Optimizer);

constexpr std::size_t sizes[] = {1, 3, 7, 8, 9, 15, 16, 17, 100, 16383, 16384, 16385, 50001};

std::vector<float> random_values(Random &random, std::size_t count) {
    std::vector<float> values(count);
    for (float &value : values) value = uniform(random, -1.0F, 1.0F);
    return values;
}

TEST_P(Optimizer, SgdEqualsTheReferenceOverSomeSteps) {
    for (std::size_t size : sizes) {
        for (const SgdSettings &settings : {SgdSettings{0.1F, 0.9F, false, 1e-2F},
                                            SgdSettings{0.04F, 0.9F, true, 1e-4F},
                                            SgdSettings{0.5F, 0.0F, false, 0.0F}}) {
            SCOPED_TRACE(testing::Message() << size << " parameters, momentum " << settings.momentum);
            Random random(static_cast<unsigned>(size));
            GuardedTensor<float> parameters(random_values(random, size)), velocities(size);
            std::vector<double> p(parameters.span().begin(), parameters.span().end()), v(size);
            for (int step = 0; step < 3; ++step) {
                GuardedTensor<float> gradients(random_values(random, size));
                assert_ok(sgd_step(settings, gradients.span(), velocities.span(), parameters.span()));
                for (std::size_t i = 0; i < size; ++i) {
                    const double g = double{gradients.span()[i]} + double{settings.weight_decay} * p[i];
                    v[i] = double{settings.momentum} * v[i] + g;
                    p[i] -= double{settings.learning_rate} *
                            (settings.nesterov ? g + double{settings.momentum} * v[i] : v[i]);
                    ASSERT_NEAR(velocities.span()[i], v[i], 1e-6);
                    ASSERT_NEAR(parameters.span()[i], p[i], 1e-6);
                }
            }
        }
    }
}

TEST_P(Optimizer, AdamEqualsTheReferenceOverSomeSteps) {
    const AdamSettings settings{1e-2F, 0.9F, 0.999F, 1e-8F, 1e-2F};
    for (std::size_t size : sizes) {
        SCOPED_TRACE(testing::Message() << size << " parameters");
        Random random(static_cast<unsigned>(size));
        GuardedTensor<float> parameters(random_values(random, size)), first(size), second(size);
        std::vector<double> p(parameters.span().begin(), parameters.span().end()), m(size), v(size);
        for (int step = 1; step <= 3; ++step) {
            GuardedTensor<float> gradients(random_values(random, size));
            assert_ok(adam_step(settings, step, gradients.span(), first.span(), second.span(), parameters.span()));
            const double b1 = settings.beta1, b2 = settings.beta2;
            for (std::size_t i = 0; i < size; ++i) {
                const double g = double{gradients.span()[i]} + double{settings.weight_decay} * p[i];
                m[i] = b1 * m[i] + (1 - b1) * g;
                v[i] = b2 * v[i] + (1 - b2) * g * g;
                const double corrected = std::sqrt(v[i] / (1 - std::pow(b2, step))) + double{settings.epsilon};
                p[i] -= double{settings.learning_rate} * m[i] / (1 - std::pow(b1, step)) / corrected;
                ASSERT_NEAR(first.span()[i], m[i], 1e-6);
                ASSERT_NEAR(second.span()[i], v[i], 1e-6);
                ASSERT_NEAR(parameters.span()[i], p[i], 2e-6);
            }
        }
    }
}

TEST_P(Optimizer, HasTheSameBitsForAnyNumberOfThreads) {
    expect_same_bits_for_any_number_of_threads([] {
        Random random(1);
        const std::vector<float> gradients = random_values(random, 100003);
        std::vector<float> p = random_values(random, 100003), v(100003), m(100003);
        assert_ok(sgd_step({}, gradients, v, p));
        assert_ok(adam_step({}, 2, gradients, m, v, p));
        return std::vector{bits(p), bits(v), bits(m)};
    });
}

TEST_P(Optimizer, NothingIsNoError) {
    assert_ok(sgd_step({}, {}, {}, {}));
    assert_ok(adam_step({}, 1, {}, {}, {}, {}));
}

TEST_P(Optimizer, WhatDoesNotFitIsNamed) {
    std::vector<float> three(3), four(4);
    constexpr auto mismatched = ErrorCode::mismatched_buffers, invalid = ErrorCode::invalid_argument;
    expect_error(sgd_step({}, three, four, three), mismatched, "velocities: 4 elements, expected 3");
    expect_error(adam_step({}, 1, three, three, three, four), mismatched, "parameters: 4 elements, expected 3");
    expect_error(sgd_step({.learning_rate = -1.0F}, three, three, three), invalid, "learning_rate = -1");
    expect_error(sgd_step({.momentum = 1.0F}, three, three, three), invalid, "momentum = 1.0");
    expect_error(sgd_step({.weight_decay = std::nanf("")}, three, three, three), invalid, "weight_decay = nan");
    expect_error(adam_step({}, 0, three, three, three, three), invalid, "step = 0");
    expect_error(adam_step({.beta2 = 1.0F}, 1, three, three, three, three), invalid, "beta2 = 1");
    expect_error(adam_step({.epsilon = 0.0F}, 1, three, three, three, three), invalid, "epsilon = 0");
}

}  // namespace
}  // namespace dsq::tests
