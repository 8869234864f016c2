#include "dsq/bounds.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/support/samples.h"

namespace dsq::tests {
namespace {

Statistics statistics_of(double minimum, double maximum, double mean, double deviation) {
    return {1000, minimum, maximum, mean, deviation};
}

TEST(InitializeBounds, WeightsReach26DeviationsWithinTheirRange) {
    Quantizer quantizer;
    quantizer.operand = Operand::weights;
    ASSERT_TRUE(initialize_bounds(quantizer, statistics_of(-9, 9, 0.5, 1)).ok());
    EXPECT_FLOAT_EQ(quantizer.lower, -2.1F);
    EXPECT_FLOAT_EQ(quantizer.upper, 3.1F);
    ASSERT_TRUE(initialize_bounds(quantizer, statistics_of(-1, 2, 0.5, 1)).ok());
    EXPECT_FLOAT_EQ(quantizer.lower, -1.0F);
    EXPECT_FLOAT_EQ(quantizer.upper, 2.0F);
}

TEST(InitializeBounds, ActivationsAfterAReluStartAtZero) {
    Quantizer quantizer;
    ASSERT_TRUE(initialize_bounds(quantizer, statistics_of(0, 9, 0.8, 0.6028)).ok());
    EXPECT_EQ(quantizer.lower, 0.0F);
    EXPECT_NEAR(quantizer.upper, 2.1, 1e-3);  // a half normal of deviation 1 has 0.6028
    ASSERT_TRUE(initialize_bounds(quantizer, statistics_of(-3, 3, 0, 1)).ok());
    EXPECT_FLOAT_EQ(quantizer.lower, -2.6F);
}

TEST(InitializeBounds, EveryMethodGetsBoundsItCanUseEvenFromAConstant) {
    for (Method method : methods_with_codes) {
        for (Operand operand : {Operand::weights, Operand::activations}) {
            for (const Statistics &statistics : {statistics_of(-4, 5, 0.1, 1),
                                                 statistics_of(0, 0, 0, 0),
                                                 statistics_of(7, 7, 7, 0),
                                                 statistics_of(1e6, 1e6, 1e6, 0),
                                                 statistics_of(0, 1e-20, 0, 1e-21)}) {
                Quantizer quantizer;
                quantizer.method = method;
                quantizer.operand = operand;
                quantizer.bits = method == Method::binary ? 1 : 4;
                const Status status = initialize_bounds(quantizer, statistics);
                EXPECT_TRUE(status.ok()) << name(method) << ": " << status.message();
                EXPECT_TRUE(validate(quantizer).ok()) << name(method);
                EXPECT_GE(quantizer.upper - quantizer.lower, smallest_range) << name(method);
            }
        }
    }
}

TEST(InitializeBounds, LeaveAnInvalidQuantizerAsItWas) {
    Quantizer quantizer;
    quantizer.bits = 9;
    EXPECT_FALSE(initialize_bounds(quantizer, statistics_of(-4, 5, 0.1, 1)).ok());
    EXPECT_EQ(quantizer.upper, Quantizer{}.upper);
}

TEST(MovingAverage, MovesATenthOfTheWayAndOnlyInItsMode) {
    Quantizer quantizer;
    quantizer.operand = Operand::weights;
    quantizer.lower = -1.0F;
    const Statistics batch = statistics_of(-2, 3, 0, 100);
    ASSERT_TRUE(update_moving_average(quantizer, batch).ok());
    EXPECT_EQ(quantizer.lower, -1.0F);
    quantizer.bounds = BoundsMode::moving_average;
    ASSERT_TRUE(update_moving_average(quantizer, batch).ok());
    EXPECT_FLOAT_EQ(quantizer.lower, -1.1F);
    EXPECT_FLOAT_EQ(quantizer.upper, 1.2F);
    for (float bad : {-0.1F, 1.0F, std::nanf("")}) {
        EXPECT_EQ(update_moving_average(quantizer, batch, bad).code(), ErrorCode::invalid_argument);
    }
}

TEST(Project, KeepsAlphaAndTheRangeUsable) {
    Quantizer quantizer;
    quantizer.alpha = -3.0F;
    quantizer.lower = 2.0F;
    quantizer.upper = 1.0F;
    ASSERT_TRUE(project(quantizer).ok());
    EXPECT_EQ(quantizer.alpha, smallest_alpha);
    EXPECT_NEAR(quantizer.lower, 1.5, 1e-3);
    EXPECT_GE(quantizer.upper - quantizer.lower, smallest_range);
    EXPECT_TRUE(validate(quantizer).ok());
    quantizer.alpha = 0.7F;
    ASSERT_TRUE(project(quantizer).ok());
    EXPECT_EQ(quantizer.alpha, largest_alpha);

    Quantizer pact;
    pact.method = Method::pact;
    pact.upper = -1.0F;
    ASSERT_TRUE(project(pact).ok());
    EXPECT_EQ(pact.lower, 0.0F);
    EXPECT_TRUE(validate(pact).ok());
}

TEST(Project, RefusesWhatIsNoNumberAndNamesIt) {
    Quantizer quantizer;
    quantizer.alpha = std::nanf("");
    quantizer.lower = 5.0F;
    const Status status = project(quantizer);
    EXPECT_EQ(status.code(), ErrorCode::non_finite);
    EXPECT_NE(status.message().find("alpha"), std::string::npos) << status.message();
    EXPECT_EQ(quantizer.lower, 5.0F);
}

TEST(AlphaPenalty, IsTheSquareAndItsDerivative) {
    const Penalty penalty = alpha_penalty(0.2F, 0.5F);
    EXPECT_FLOAT_EQ(penalty.value, 0.02F);
    EXPECT_FLOAT_EQ(penalty.gradient, 0.2F);
    const float h = 1e-3F;
    EXPECT_NEAR(
        (alpha_penalty(0.2F + h, 0.5F).value - alpha_penalty(0.2F - h, 0.5F).value) / (2 * h), penalty.gradient, 1e-4);
}

}  // namespace
}  // namespace dsq::tests
