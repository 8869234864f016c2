#include "conv2d_codes_mla_kernels.h"

#include <gtest/gtest.h>

#include "compile/pack_weights.h"
#include "tests/support/codes_kernel.h"
#include "tests/support/instruction_sets.h"

namespace dsq::tests {
namespace {

constexpr CodesKernel kernels[] = {
#include "conv2d_codes_mla_kernels.inc"
};

class Conv2dCodesMla : public testing::TestWithParam<CodesParam> {
protected:
    void SetUp() override {
        if (const std::string reason = force_instruction_set(std::get<0>(GetParam())); !reason.empty())
            GTEST_SKIP() << reason;
    }
    const CodesKernel &kernel() const {
        return std::get<1>(GetParam());
    }
    // Its runs are longer than its operands allow.
    bool overflows() const {
        return std::string(kernel().name).find("overflow") != std::string::npos;
    }
};

INSTANTIATE_TEST_SUITE_P(On,
                         Conv2dCodesMla,
                         testing::Combine(instruction_sets(), testing::ValuesIn(kernels)),
                         codes_test_name);

TEST_P(Conv2dCodesMla, EqualsTheReferenceForRandomCodes) {
    if (overflows()) GTEST_SKIP() << "one product too many";
    for (unsigned seed = 1; seed <= 3; ++seed) {
        EXPECT_EQ(CodesCase(kernel(), {pack_tiles}, seed).differences(), 0) << "seed " << seed;
    }
}

TEST_P(Conv2dCodesMla, HoldsItsSumsAtTheBoundsOfTheOperands) {
    const int weights[] = {lowest_of(kernel().weight_bits), highest_of(kernel().weight_bits)};
    const int codes[] = {lowest_of(kernel().activation_bits), highest_of(kernel().activation_bits)};
    long differences = 0;
    for (int weight : weights) {
        for (int code : codes) {
            CodesCase bounds(kernel(), {pack_tiles}, 1);
            bounds.fill(weight, code);
            differences += bounds.differences();
        }
    }
    EXPECT_EQ(differences != 0, overflows()) << differences;
}

}  // namespace
}  // namespace dsq::tests
