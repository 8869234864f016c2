#include "conv2d_codes_depthwise_kernels.h"

#include <gtest/gtest.h>

#include "compile/pack_weights.h"
#include "tests/support/codes_kernel.h"
#include "tests/support/instruction_sets.h"

namespace dsq::tests {
namespace {

constexpr CodesKernel kernels[] = {
#include "conv2d_codes_depthwise_kernels.inc"
};

constexpr Packing packing{pack_tiles};

class DepthwiseConv2dCodes : public testing::TestWithParam<CodesParam> {
protected:
    void SetUp() override {
        if (const std::string reason = force_instruction_set(std::get<0>(GetParam())); !reason.empty())
            GTEST_SKIP() << reason;
    }
    const CodesKernel &kernel() const {
        return std::get<1>(GetParam());
    }
    // Its 16 bits are too few.
    bool overflows() const {
        return std::string(kernel().name).find("overflow") != std::string::npos;
    }
};

INSTANTIATE_TEST_SUITE_P(On,
                         DepthwiseConv2dCodes,
                         testing::Combine(instruction_sets(), testing::ValuesIn(kernels)),
                         codes_test_name);

TEST_P(DepthwiseConv2dCodes, EqualsTheReferenceForRandomCodes) {
    if (overflows()) GTEST_SKIP() << "one bit too many";
    for (unsigned seed = 1; seed <= 3; ++seed) {
        EXPECT_EQ(CodesCase(kernel(), packing, seed).differences(), 0) << "seed " << seed;
    }
}

TEST_P(DepthwiseConv2dCodes, HoldsItsSumsAtTheBoundsOfTheOperands) {
    long differences = 0;
    for (int weight : {lowest_of(kernel().weight_bits), highest_of(kernel().weight_bits)}) {
        for (int code : {lowest_of(kernel().activation_bits), highest_of(kernel().activation_bits)}) {
            CodesCase bounds(kernel(), packing, 1);
            bounds.fill(weight, code);
            differences += bounds.differences();
        }
    }
    EXPECT_EQ(differences != 0, overflows()) << differences;
}

}  // namespace
}  // namespace dsq::tests
