#include "conv2d_codes_smlal_kernels.h"

#include "compile/pack_weights.h"
#include "tests/support/codes_kernel.h"

namespace dsq::tests {
namespace {

constexpr CodesKernel kernels[] = {
#include "conv2d_codes_smlal_kernels.inc"
};

class Conv2dCodesSmlal : public OnEveryCodesKernel {};
DSQ_ON_EVERY_CODES_KERNEL(Conv2dCodesSmlal, kernels);

TEST_P(Conv2dCodesSmlal, EqualsTheReferenceForRandomCodes) {
    expect_equal_for_random_codes(pack_tiles);
}

TEST_P(Conv2dCodesSmlal, HoldsItsSumsAtTheBoundsOfTheOperands) {
    expect_equal_at_the_bounds(pack_tiles);
}

}  // namespace
}  // namespace dsq::tests
