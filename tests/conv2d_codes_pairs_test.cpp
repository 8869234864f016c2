#include "conv2d_codes_pairs_kernels.h"

#include "compile/pack_weights.h"
#include "tests/support/codes_kernel.h"

namespace dsq::tests {
namespace {

constexpr CodesKernel kernels[] = {
#include "conv2d_codes_pairs_kernels.inc"
};

std::vector<std::int8_t> pack_twos(const CodeWeights &weights, int tile_channels) {
    return pack_groups(weights, tile_channels, 2);
}
Packing packing_of(const CodesKernel &kernel) {
    return {pack_twos, 2, 0, 1, kernel.wide ? 0 : 1 << (kernel.activation_bits - 1)};
}

class Conv2dCodesPairs : public OnEveryCodesKernel {};
DSQ_ON_EVERY_CODES_KERNEL(Conv2dCodesPairs, kernels_with(kernels, "overflow", false));

TEST_P(Conv2dCodesPairs, EqualsTheReferenceForRandomCodes) {
    expect_equal_for_random_codes(packing_of(kernel()));
}

TEST_P(Conv2dCodesPairs, HoldsItsSumsAtTheBoundsOfTheOperands) {
    EXPECT_EQ(differences_at_the_bounds(packing_of(kernel())), 0);
}

class Conv2dCodesPairsTooLong : public OnEveryCodesKernel {};
DSQ_ON_EVERY_CODES_KERNEL(Conv2dCodesPairsTooLong, kernels_with(kernels, "overflow"));

TEST_P(Conv2dCodesPairsTooLong, OverflowsAtTheBoundsOfTheOperands) {
    EXPECT_GT(differences_at_the_bounds(packing_of(kernel())), 0);
}

}  // namespace
}  // namespace dsq::tests
