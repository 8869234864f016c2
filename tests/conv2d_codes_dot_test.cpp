#include "conv2d_codes_dot_kernels.h"

#include <gtest/gtest.h>

#include "compile/pack_weights.h"
#include "tests/support/codes_kernel.h"
#include "tests/support/instruction_sets.h"

namespace dsq::tests {
namespace {

constexpr CodesKernel kernels[] = {
#include "conv2d_codes_dot_kernels.inc"
};

std::vector<std::int8_t> pack_fours(const CodeWeights &weights, int tile_channels) {
    return pack_groups(weights, tile_channels, 4);
}
constexpr Packing packing{pack_fours, 4};

class Conv2dCodesDot : public testing::TestWithParam<CodesParam> {
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
                         Conv2dCodesDot,
                         testing::Combine(dot_instruction_set(), testing::ValuesIn(kernels)),
                         codes_test_name);

TEST_P(Conv2dCodesDot, EqualsTheReferenceForRandomCodes) {
    for (unsigned seed = 1; seed <= 3; ++seed) {
        EXPECT_EQ(CodesCase(kernel(), packing, seed).differences(), 0) << "seed " << seed;
    }
}

TEST_P(Conv2dCodesDot, HoldsItsSumsAtTheBoundsOfTheOperands) {
    for (int weight : {lowest_of(kernel().weight_bits), highest_of(kernel().weight_bits)}) {
        for (int code : {lowest_of(kernel().activation_bits), highest_of(kernel().activation_bits)}) {
            CodesCase bounds(kernel(), packing, 1);
            bounds.fill(weight, code);
            EXPECT_EQ(bounds.differences(), 0) << weight << " * " << code;
        }
    }
}

}  // namespace
}  // namespace dsq::tests
