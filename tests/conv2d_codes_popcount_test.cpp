#include "conv2d_codes_popcount_kernels.h"

#include "compile/pack_weights.h"
#include "tests/support/codes_kernel.h"

namespace dsq::tests {
namespace {

constexpr CodesKernel kernels[] = {
#include "conv2d_codes_popcount_kernels.inc"
};

constexpr Packing packing{pack_bits, 2};

class Conv2dCodesPopcount : public OnEveryCodesKernel {};
DSQ_ON_EVERY_CODES_KERNEL(Conv2dCodesPopcount, kernels);

TEST_P(Conv2dCodesPopcount, EqualsTheReferenceForRandomSigns) {
    expect_equal_for_random_codes(packing);
}

// Where all bits differ, or none does.
TEST_P(Conv2dCodesPopcount, HoldsItsSumsAtTheBounds) {
    EXPECT_EQ(differences_at_the_bounds(packing), 0);
}

}  // namespace
}  // namespace dsq::tests
