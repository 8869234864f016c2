#include "conv2d_codes_mla_kernels.h"

#include "compile/pack_weights.h"
#include "tests/support/codes_kernel.h"

namespace dsq::tests {
namespace {

constexpr CodesKernel kernels[] = {
#include "conv2d_codes_mla_kernels.inc"
};

std::vector<std::int8_t> pack_pairs(const CodeWeights &weights, int tile_channels) {
    return pack_groups(weights, tile_channels, 2);
}

// "sadalp" in a kernel's name: it has input channels in pairs.
Packing packing_of(const CodesKernel &kernel) {
    const bool in_pairs = std::string_view(kernel.name).find("sadalp") != std::string_view::npos;
    return in_pairs ? Packing{pack_pairs, 2} : Packing{pack_tiles};
}

class Conv2dCodesMla : public OnEveryCodesKernel {};
DSQ_ON_EVERY_CODES_KERNEL(Conv2dCodesMla, kernels_with(kernels, "overflow", false));

TEST_P(Conv2dCodesMla, EqualsTheReferenceForRandomCodes) {
    expect_equal_for_random_codes(packing_of(kernel()));
}

TEST_P(Conv2dCodesMla, HoldsItsSumsAtTheBoundsOfTheOperands) {
    EXPECT_EQ(differences_at_the_bounds(packing_of(kernel())), 0);
}

class Conv2dCodesMlaTooLong : public OnEveryCodesKernel {};
DSQ_ON_EVERY_CODES_KERNEL(Conv2dCodesMlaTooLong, kernels_with(kernels, "overflow"));

TEST_P(Conv2dCodesMlaTooLong, OverflowsAtTheBoundsOfTheOperands) {
    EXPECT_GT(differences_at_the_bounds(packing_of(kernel())), 0);
}

}  // namespace
}  // namespace dsq::tests
