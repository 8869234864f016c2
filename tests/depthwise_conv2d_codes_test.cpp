#include "conv2d_codes_depthwise_kernels.h"

#include "compile/pack_weights.h"
#include "tests/support/codes_kernel.h"

namespace dsq::tests {
namespace {

constexpr CodesKernel kernels[] = {
#include "conv2d_codes_depthwise_kernels.inc"
};

constexpr Packing packing{pack_tiles};

class DepthwiseConv2dCodes : public OnEveryCodesKernel {};
DSQ_ON_EVERY_CODES_KERNEL(DepthwiseConv2dCodes, kernels_with(kernels, "overflow", false));

TEST_P(DepthwiseConv2dCodes, EqualsTheReferenceForRandomCodes) {
    expect_equal_for_random_codes(packing);
}

TEST_P(DepthwiseConv2dCodes, HoldsItsSumsAtTheBoundsOfTheOperands) {
    EXPECT_EQ(differences_at_the_bounds(packing), 0);
}

class DepthwiseConv2dCodesTooLong : public OnEveryCodesKernel {};
DSQ_ON_EVERY_CODES_KERNEL(DepthwiseConv2dCodesTooLong, kernels_with(kernels, "overflow"));

TEST_P(DepthwiseConv2dCodesTooLong, OverflowsAtTheBoundsOfTheOperands) {
    EXPECT_GT(differences_at_the_bounds(packing), 0);
}

}  // namespace
}  // namespace dsq::tests
