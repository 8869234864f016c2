#include "conv2d_codes_popcount_kernels.h"

#include <gtest/gtest.h>

#include "compile/pack_weights.h"
#include "tests/support/codes_kernel.h"
#include "tests/support/instruction_sets.h"

namespace dsq::tests {
namespace {

constexpr CodesKernel kernels[] = {
#include "conv2d_codes_popcount_kernels.inc"
};

constexpr Packing packing{pack_bits, 2};

class Conv2dCodesPopcount : public testing::TestWithParam<CodesParam> {
protected:
    void SetUp() override {
        if (const std::string reason = force_instruction_set(std::get<0>(GetParam())); !reason.empty())
            GTEST_SKIP() << reason;
    }
    const CodesKernel &kernel() const {
        return std::get<1>(GetParam());
    }
};

INSTANTIATE_TEST_SUITE_P(On,
                         Conv2dCodesPopcount,
                         testing::Combine(instruction_sets(), testing::ValuesIn(kernels)),
                         codes_test_name);

TEST_P(Conv2dCodesPopcount, EqualsTheReferenceForRandomSigns) {
    for (unsigned seed = 1; seed <= 3; ++seed) {
        EXPECT_EQ(CodesCase(kernel(), packing, seed).differences(), 0) << "seed " << seed;
    }
}

// Where all bits differ, or none does.
TEST_P(Conv2dCodesPopcount, HoldsItsSumsAtTheBounds) {
    for (int weight : {-1, 1}) {
        for (int code : {-1, 1}) {
            CodesCase bounds(kernel(), packing, 1);
            bounds.fill(weight, code);
            EXPECT_EQ(bounds.differences(), 0) << weight << " * " << code;
        }
    }
}

}  // namespace
}  // namespace dsq::tests
