#include "conv2d_codes_smlal_kernels.h"

#include "compile/pack_weights.h"
#include "tests/support/codes_kernel.h"

namespace dsq::tests {
namespace {

constexpr CodesKernel kernels[] = {
#include "conv2d_codes_smlal_kernels.inc"
};

constexpr Packing packing{pack_tiles};

class Conv2dCodesSmlal : public OnEveryCodesKernel {};
DSQ_ON_EVERY_CODES_KERNEL(Conv2dCodesSmlal, kernels_with(kernels, "overflow", false));

TEST_P(Conv2dCodesSmlal, EqualsTheReferenceForRandomCodes) {
    expect_equal_for_random_codes(packing);
}

TEST_P(Conv2dCodesSmlal, HoldsItsSumsAtTheBoundsOfTheOperands) {
    EXPECT_EQ(differences_at_the_bounds(packing), 0);
}

class Conv2dCodesSmlalTooLong : public OnEveryCodesKernel {};
DSQ_ON_EVERY_CODES_KERNEL(Conv2dCodesSmlalTooLong, kernels_with(kernels, "overflow"));

TEST_P(Conv2dCodesSmlalTooLong, OverflowsAtTheBoundsOfTheOperands) {
    EXPECT_GT(differences_at_the_bounds(packing), 0);
}

}  // namespace
}  // namespace dsq::tests
