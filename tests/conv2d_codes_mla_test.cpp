#include "conv2d_codes_mla_kernels.h"

#include "compile/pack_weights.h"
#include "tests/support/codes_kernel.h"

namespace dsq::tests {
namespace {

constexpr CodesKernel kernels[] = {
#include "conv2d_codes_mla_kernels.inc"
};

class Conv2dCodesMla : public OnEveryCodesKernel {};
DSQ_ON_EVERY_CODES_KERNEL(Conv2dCodesMla, kernels);

TEST_P(Conv2dCodesMla, EqualsTheReferenceForRandomCodes) {
    expect_equal_for_random_codes(pack_tiles);
}

TEST_P(Conv2dCodesMla, HoldsItsSumsAtTheBoundsOfTheOperands) {
    expect_equal_at_the_bounds(pack_tiles);
}

}  // namespace
}  // namespace dsq::tests
