#include "dsq/quantize.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <numeric>

#include "tests/reference/quantizer.h"
#include "tests/support/guarded_tensor.h"
#include "tests/support/instruction_sets.h"
#include "tests/support/samples.h"

namespace dsq::tests {
namespace {

class Quantize : public OnEveryInstructionSet {};
DSQ_ON_EVERY_INSTRUCTION_SET(Quantize);

std::vector<std::uint8_t> codes_of(const Quantizer &quantizer, const std::vector<float> &x) {
    std::vector<std::uint8_t> codes(x.size(), 0xEE);
    const Status status = quantize_codes(quantizer, x, codes);
    EXPECT_TRUE(status.ok()) << status.message();
    return codes;
}

void expect_equal_to_reference(const Quantizer &quantizer, const std::vector<float> &x) {
    const std::vector<std::uint8_t> codes = codes_of(quantizer, x);
    std::vector<std::uint8_t> codes_too(x.size());
    std::vector<float> values(x.size()), values_too(x.size());
    ASSERT_TRUE(quantize_values(quantizer, x, values).ok());
    ASSERT_TRUE(quantize_codes_and_values(quantizer, x, codes_too, values_too).ok());
    for (std::size_t i = 0; i < x.size(); ++i) {
        ASSERT_EQ(codes[i], reference::code(quantizer, x[i])) << "x = " << x[i] << " at " << i;
        ASSERT_EQ(codes_too[i], codes[i]) << "x = " << x[i];
        ASSERT_EQ(std::bit_cast<std::uint32_t>(values[i]),
                  std::bit_cast<std::uint32_t>(reference::value(quantizer, x[i])))
            << "x = " << x[i];
        ASSERT_EQ(std::bit_cast<std::uint32_t>(values_too[i]), std::bit_cast<std::uint32_t>(values[i]));
    }
}

TEST_P(Quantize, CodesAndValuesEqualTheReferenceBitForBit) {
    for (unsigned seed = 0; seed < 12; ++seed) {
        Random random(seed);
        for (Method method : methods_with_codes) {
            for (int bits = 1; bits <= 8; ++bits) {
                const Quantizer quantizer = random_quantizer(random, method, bits);
                SCOPED_TRACE(describe(quantizer, seed));
                expect_equal_to_reference(quantizer, samples_around(random, quantizer, 1000));
                expect_equal_to_reference(quantizer, any_floats(random, 500));
            }
        }
    }
}

TEST_P(Quantize, TheVariantMeantIsTheOneThatRuns) {
    codes_of(Quantizer{}, {0.5F});
    EXPECT_EQ(avx512_choices() > 0, GetParam() == "avx512");
}

TEST_P(Quantize, TiesGoUpAndTheUpperBoundGivesTheLargestCode) {
    Quantizer quantizer;
    quantizer.upper = 3.0F;  // step 1
    EXPECT_EQ(codes_of(quantizer, {0.0F, 0.5F, 1.5F, 2.5F, 3.0F}), (std::vector<std::uint8_t>{0, 1, 2, 3, 3}));
    quantizer.lower = -1.0F;
    quantizer.upper = 1.0F;
    quantizer.bits = 1;
    EXPECT_EQ(codes_of(quantizer, {-0.1F, -0.0F, 0.0F}), (std::vector<std::uint8_t>{0, 1, 1}));
    for (unsigned seed = 0; seed < 200; ++seed) {
        Random random(seed);
        const Quantizer any = random_quantizer(random, Method::dsq, 1 + static_cast<int>(seed % 8));
        EXPECT_EQ(codes_of(any, {any.upper}).front(), largest_code(any)) << describe(any, seed);
        EXPECT_EQ(codes_of(any, {any.lower}).front(), 0) << describe(any, seed);
    }
}

TEST_P(Quantize, InfinitiesClipANanGivesZeroAndNothingGoesBeyondTheLargestCode) {
    constexpr float infinity = std::numeric_limits<float>::infinity();
    for (unsigned seed = 0; seed < 4; ++seed) {
        Random random(seed);
        for (Method method : methods_with_codes) {
            const Quantizer quantizer = random_quantizer(random, method, 1 + static_cast<int>(random() % 8));
            SCOPED_TRACE(describe(quantizer, seed));
            const auto codes = codes_of(quantizer, {infinity, -infinity, std::nanf(""), -std::nanf("")});
            EXPECT_EQ(codes[0], largest_code(quantizer));
            EXPECT_EQ(codes[1], 0);
            EXPECT_EQ(codes[2], 0);
            EXPECT_EQ(codes[3], 0);
            for (std::uint8_t code : codes_of(quantizer, any_floats(random, 20000))) {
                ASSERT_LE(code, largest_code(quantizer));
            }
        }
    }
}

TEST_P(Quantize, EverySizeStaysWithinItsBuffers) {
    Random random(1);
    Quantizer quantizer;
    quantizer.bits = 3;
    std::vector<std::size_t> sizes(140);
    std::iota(sizes.begin(), sizes.end(), 0);
    sizes.insert(sizes.end(), {1023, 4097, 32767, 32768, 32769, 65536, 65537, 100001, 1 << 20});
    for (std::size_t size : sizes) {
        SCOPED_TRACE(size);
        std::vector<float> data(size);
        for (float &element : data) element = uniform(random, -0.2F, 1.2F);
        GuardedTensor<float> x(data), values(size), soft(size);
        GuardedTensor<std::uint8_t> codes(size), codes_too(size);
        ASSERT_TRUE(quantize_codes(quantizer, x.span(), codes.span()).ok());
        ASSERT_TRUE(quantize_codes_and_values(quantizer, x.span(), codes_too.span(), values.span()).ok());
        ASSERT_TRUE(quantize_soft(quantizer, x.span(), soft.span()).ok());
        for (std::size_t i = 0; i < size; ++i) {
            ASSERT_EQ(codes.span()[i], reference::code(quantizer, data[i]));
            ASSERT_EQ(codes_too.span()[i], codes.span()[i]);
        }
    }
}

TEST_P(Quantize, SoftEqualsTheReference) {
    for (unsigned seed = 0; seed < 20; ++seed) {
        Random random(seed);
        for (Method method : {Method::dsq, Method::binary, Method::pact_dsq}) {
            const Quantizer quantizer = random_quantizer(random, method, 1 + static_cast<int>(seed % 8));
            SCOPED_TRACE(describe(quantizer, seed));
            const std::vector<float> x = samples_around(random, quantizer, 500);
            std::vector<float> values(x.size());
            ASSERT_TRUE(quantize_soft(quantizer, x, values).ok());
            // Half a unit in the last place of the largest value, times the operations between x and the result.
            const double largest = std::max(std::fabs(quantizer.lower), std::fabs(quantizer.upper));
            const double tolerance = 16 * 6e-8 * (largest + quantizer.upper - quantizer.lower);
            for (std::size_t i = 0; i < x.size(); ++i) {
                ASSERT_NEAR(values[i], reference::soft(quantizer, reference::point(quantizer, x[i])), tolerance)
                    << "x = " << x[i];
            }
        }
    }
}

TEST_P(Quantize, SoftTendsToHardAsAlphaTendsToZero) {
    Quantizer quantizer;
    quantizer.bits = 2;
    quantizer.lower = -1.0F;
    std::vector<float> x;
    for (float element = -1.2F; element < 1.2F; element += 1e-3F) x.push_back(element);
    std::vector<float> hard(x.size()), soft(x.size());
    ASSERT_TRUE(quantize_values(quantizer, x, hard).ok());
    double gap_before = 1;
    for (float alpha : {0.499F, 0.3F, 0.1F, 0.03F, 0.01F, 0.001F}) {
        quantizer.alpha = alpha;
        ASSERT_TRUE(quantize_soft(quantizer, x, soft).ok());
        double gap = 0;
        for (std::size_t i = 0; i < x.size(); ++i) gap += std::fabs(double{soft[i]} - double{hard[i]});
        gap /= static_cast<double>(x.size());
        EXPECT_LT(gap, gap_before) << "alpha = " << alpha;
        gap_before = gap;
    }
    // The area between a tanh and its sign: log(2) / kappa of a step, for the 2 of 2.4 that lie inside.
    const double step = 2.0 / 3, kappa = std::log(2 / double{smallest_alpha} - 1);
    EXPECT_NEAR(gap_before, std::log(2.0) / kappa * step * 2 / 2.4, 0.02 * gap_before);
}

}  // namespace
}  // namespace dsq::tests
