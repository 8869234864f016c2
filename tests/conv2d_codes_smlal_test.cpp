#include "conv2d_codes_smlal_kernels.h"

#include "compile/pack_weights.h"
#include "tests/support/codes_kernel.h"

namespace dsq::tests {
namespace {

constexpr CodesKernel kernels[] = {
#include "conv2d_codes_smlal_kernels.inc"
};

std::vector<std::int8_t> pack_pairs(const CodeWeights &weights, int tile_channels) {
    return pack_groups(weights, tile_channels, 2);
}

Packing packing_of(const CodesKernel &kernel) {
    const std::string_view name = kernel.name;
    if (name.find("sadalp") == std::string_view::npos) return {pack_tiles};
    return {.pack = pack_pairs, .group = 2, .row_channels = row_channels_of(name)};
}

class Conv2dCodesSmlal : public OnEveryCodesKernel {};
DSQ_ON_EVERY_CODES_KERNEL(Conv2dCodesSmlal, kernels_with(kernels, "overflow", false));

TEST_P(Conv2dCodesSmlal, EqualsTheReferenceForRandomCodes) {
    expect_equal_for_random_codes(packing_of(kernel()));
}

TEST_P(Conv2dCodesSmlal, HoldsItsSumsAtTheBoundsOfTheOperands) {
    EXPECT_EQ(differences_at_the_bounds(packing_of(kernel())), 0);
}

class Conv2dCodesSmlalTooLong : public OnEveryCodesKernel {};
DSQ_ON_EVERY_CODES_KERNEL(Conv2dCodesSmlalTooLong, kernels_with(kernels, "overflow"));

TEST_P(Conv2dCodesSmlalTooLong, OverflowsAtTheBoundsOfTheOperands) {
    EXPECT_GT(differences_at_the_bounds(packing_of(kernel())), 0);
}

}  // namespace
}  // namespace dsq::tests
