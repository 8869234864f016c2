#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "dsq/quantize.h"
#include "dsq/threads.h"
#include "tests/reference/quantizer.h"
#include "tests/support/guarded_tensor.h"
#include "tests/support/instruction_sets.h"
#include "tests/support/samples.h"

namespace dsq::tests {
namespace {

class QuantizeBackward : public OnEveryInstructionSet {};
DSQ_ON_EVERY_INSTRUCTION_SET(QuantizeBackward);

struct Backward {
    std::vector<float> grad_input;
    ParameterGradients sums;
};

Backward backward(const Quantizer &quantizer, const std::vector<float> &x, const std::vector<float> &grad_output) {
    Backward result{std::vector<float>(x.size()), {}};
    const Status status = quantize_backward(quantizer, x, grad_output, result.grad_input, result.sums);
    EXPECT_TRUE(status.ok()) << status.message();
    return result;
}

// Within 1e-4 relative; `unit` is the size of the terms that cancel where the result itself is near zero.
void expect_close(double found, double expected, double unit, const char *what) {
    EXPECT_NEAR(found, expected, 1e-4 * std::max(std::fabs(expected), unit)) << what;
}

// Gradients of one element, so that nothing averages out.
void expect_gradient(const Quantizer &quantizer, float x, const reference::Gradient &expected) {
    const Backward found = backward(quantizer, {x}, {1.0F});
    const double n = largest_code(quantizer), step = reference::step(quantizer, reference::point(quantizer, x));
    const double s = 1 / (1 - double{quantizer.alpha});
    const double bounds_unit = std::max(std::fabs(1 - expected.x), 0.5 / n);
    const double alpha_unit = 0.5 * s * s * step * std::max(std::fabs(reference::wave(quantizer, x)), 0.05);
    SCOPED_TRACE(testing::Message() << "x = " << x);
    expect_close(found.grad_input.front(), expected.x, 0, "dx");
    expect_close(found.sums.lower, expected.lower, bounds_unit, "dl");
    expect_close(found.sums.upper, expected.upper, bounds_unit, "du");
    expect_close(found.sums.alpha, expected.alpha, alpha_unit, "dalpha");
}

TEST_P(QuantizeBackward, GradientsEqualCentralDifferencesOfTheReference) {
    for (unsigned seed = 0; seed < 6; ++seed) {
        Random random(seed);
        for (Method method : methods_with_codes) {
            for (int bits = 1; bits <= 8; ++bits) {
                for (BoundGradient bound_gradient : {BoundGradient::soft, BoundGradient::hard}) {
                    Quantizer quantizer = random_quantizer(random, method, bits);
                    quantizer.bound_gradient = bound_gradient;
                    SCOPED_TRACE(describe(quantizer, seed));
                    for (float x : samples_around(random, quantizer, 40)) {
                        expect_gradient(quantizer, x, reference::difference_quotients(quantizer, x));
                    }
                    if (HasFailure()) return;
                }
            }
        }
    }
}

TEST(Reference, ClosedFormsEqualCentralDifferences) {
    for (unsigned seed = 0; seed < 100; ++seed) {
        Random random(seed);
        for (Method method : methods_with_codes) {
            Quantizer quantizer = random_quantizer(random, method, 1 + static_cast<int>(seed % 8));
            quantizer.bound_gradient = seed % 3 == 0 ? BoundGradient::hard : BoundGradient::soft;
            SCOPED_TRACE(describe(quantizer, seed));
            for (float x : samples_around(random, quantizer, 20)) {
                const reference::Gradient closed = reference::gradient(quantizer, x);
                const reference::Gradient quotient = reference::difference_quotients(quantizer, x);
                const double step = reference::step(quantizer, reference::point(quantizer, x));
                EXPECT_NEAR(closed.x, quotient.x, 2e-6) << "x = " << x;
                EXPECT_NEAR(closed.lower, quotient.lower, 2e-6) << "x = " << x;
                EXPECT_NEAR(closed.upper, quotient.upper, 2e-6) << "x = " << x;
                EXPECT_NEAR(closed.alpha, quotient.alpha, 2e-6 * step / quantizer.alpha) << "x = " << x;
            }
        }
    }
}

TEST_P(QuantizeBackward, SumsAddUpTheGradientsOfTheElements) {
    for (unsigned seed = 0; seed < 3; ++seed) {
        Random random(seed);
        for (Method method : methods_with_codes) {
            const Quantizer quantizer = random_quantizer(random, method, 1 + static_cast<int>(random() % 8));
            SCOPED_TRACE(describe(quantizer, seed));
            const std::vector<float> x = samples_around(random, quantizer, 70001);
            std::vector<float> grad_output(x.size());
            for (float &gradient : grad_output) gradient = uniform(random, -1.0F, 1.0F);
            const Backward found = backward(quantizer, x, grad_output);
            reference::Gradient sum{}, size{};
            for (std::size_t i = 0; i < x.size(); ++i) {
                const reference::Gradient one = reference::gradient(quantizer, x[i]);
                const double g = grad_output[i];
                ASSERT_NEAR(found.grad_input[i], g * one.x, 1e-4 * std::fabs(g * one.x) + 1e-30) << "x = " << x[i];
                sum.lower += g * one.lower, sum.upper += g * one.upper, sum.alpha += g * one.alpha;
                size.lower += std::fabs(g), size.alpha += std::fabs(g * one.alpha);
            }
            EXPECT_NEAR(found.sums.lower, sum.lower, 1e-6 * size.lower);
            EXPECT_NEAR(found.sums.upper, sum.upper, 1e-6 * size.lower);
            EXPECT_NEAR(found.sums.alpha, sum.alpha, 1e-5 * size.alpha);
        }
    }
}

TEST_P(QuantizeBackward, TheMeanSlopeOfACellIsOne) {
    for (Method method : {Method::dsq, Method::binary, Method::pact_dsq}) {
        for (int bits = 1; bits <= (method == Method::binary ? 1 : 8); ++bits) {
            for (float alpha : {smallest_alpha, 0.01F, 0.2F, 0.4F, largest_alpha}) {
                Quantizer quantizer;
                quantizer.method = method;
                quantizer.bits = bits;
                quantizer.alpha = alpha;
                const int cell = largest_code(quantizer) / 2, points = 4000;
                std::vector<float> x;
                for (int i = 0; i < points; ++i) {
                    const double t = cell + (i + 0.5) / points;
                    x.push_back(static_cast<float>(t / largest_code(quantizer)));
                }
                double mean = 0;
                for (float slope : backward(quantizer, x, std::vector<float>(x.size(), 1.0F)).grad_input) {
                    mean += slope / points;
                }
                EXPECT_NEAR(mean, 1.0, 1e-3) << describe(quantizer, 0);
            }
        }
    }
}

TEST_P(QuantizeBackward, SumsHaveTheSameBitsForAnyNumberOfThreads) {
    Random random(7);
    for (Method method : methods_with_codes) {
        for (int size : {1, 1000, 16384, 16385, 500003}) {
            const Quantizer quantizer = random_quantizer(random, method, 2);
            const std::vector<float> x = samples_around(random, quantizer, size);
            std::vector<float> grad_output(x.size());
            for (float &gradient : grad_output) gradient = uniform(random, -1.0F, 1.0F);
            std::vector<Backward> results;
            for (int threads : {1, 2, 7}) {
                ASSERT_TRUE(set_thread_count(threads).ok());
                results.push_back(backward(quantizer, x, grad_output));
            }
            ASSERT_TRUE(set_thread_count(0).ok());
            for (const Backward &other : results) {
                EXPECT_EQ(std::bit_cast<std::uint64_t>(other.sums.lower),
                          std::bit_cast<std::uint64_t>(results[0].sums.lower));
                EXPECT_EQ(std::bit_cast<std::uint64_t>(other.sums.upper),
                          std::bit_cast<std::uint64_t>(results[0].sums.upper));
                EXPECT_EQ(std::bit_cast<std::uint64_t>(other.sums.alpha),
                          std::bit_cast<std::uint64_t>(results[0].sums.alpha));
                EXPECT_EQ(other.grad_input, results[0].grad_input);
            }
        }
    }
}

TEST_P(QuantizeBackward, InfinitiesAndNansInXStayOutsideTheBounds) {
    constexpr float infinity = std::numeric_limits<float>::infinity();
    for (Method method : methods_with_codes) {
        Random random(3);
        const Quantizer quantizer = random_quantizer(random, method, 3);
        SCOPED_TRACE(describe(quantizer, 3));
        const std::vector<float> x{infinity, -infinity, std::nanf("")};
        const Backward found = backward(quantizer, x, {1.0F, 2.0F, 4.0F});
        EXPECT_EQ(found.grad_input, (std::vector<float>{0.0F, 0.0F, 0.0F}));
        const bool lower_fixed = method == Method::pact || method == Method::pact_dsq || method == Method::dorefa;
        EXPECT_NEAR(found.sums.lower, lower_fixed ? 0 : 6, 1e-5);
        EXPECT_NEAR(found.sums.upper, method == Method::dorefa ? 0 : 1, 1e-5);
        EXPECT_EQ(found.sums.alpha, 0);
    }
}

TEST_P(QuantizeBackward, ANanInTheGradientIsNotHidden) {
    const Backward found = backward(Quantizer{}, {0.4F, 0.5F}, {1.0F, std::nanf("")});
    EXPECT_FALSE(std::isnan(found.grad_input[0]));
    EXPECT_TRUE(std::isnan(found.grad_input[1]));
    EXPECT_TRUE(std::isnan(found.sums.upper));
}

TEST_P(QuantizeBackward, EverySizeStaysWithinItsBuffers) {
    Random random(5);
    for (std::size_t size : std::initializer_list<std::size_t>{
             1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 63, 65, 1023, 16383, 16384, 16385, 40001}) {
        std::vector<float> data(size), gradients(size);
        for (float &element : data) element = uniform(random, -0.2F, 1.2F);
        for (float &gradient : gradients) gradient = uniform(random, -1.0F, 1.0F);
        GuardedTensor<float> x(data), grad_output(gradients), grad_input(size);
        ParameterGradients sums;
        ASSERT_TRUE(quantize_backward(Quantizer{}, x.span(), grad_output.span(), grad_input.span(), sums).ok());
        for (std::size_t i = 0; i < size; ++i) {
            const double expected = gradients[i] * reference::gradient(Quantizer{}, data[i]).x;
            ASSERT_NEAR(grad_input.span()[i], expected, 1e-4 * std::fabs(expected)) << "size " << size << " at " << i;
        }
    }
}

TEST_P(QuantizeBackward, FixedAndMovingBoundsGetNoGradient) {
    Quantizer quantizer;
    for (BoundsMode mode : {BoundsMode::fixed, BoundsMode::moving_average}) {
        quantizer.bounds = mode;
        const Backward found = backward(quantizer, {-1.0F, 0.4F, 2.0F}, {1.0F, 1.0F, 1.0F});
        EXPECT_EQ(found.sums.lower, 0);
        EXPECT_EQ(found.sums.upper, 0);
        EXPECT_NE(found.sums.alpha, 0);
    }
}

}  // namespace
}  // namespace dsq::tests
