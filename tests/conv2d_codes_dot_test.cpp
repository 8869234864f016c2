#include "conv2d_codes_dot_kernels.h"

#include "compile/pack_weights.h"
#include "tests/support/codes_kernel.h"

namespace dsq::tests {
namespace {

constexpr CodesKernel kernels[] = {
#include "conv2d_codes_dot_kernels.inc"
};

std::vector<std::int8_t> pack_fours(const CodeWeights &weights, int tile_channels) {
    return pack_groups(weights, tile_channels, 4);
}
#ifdef __x86_64__
constexpr int added = 128;
#else
constexpr int added = 0;
#endif

Packing packing_of(const CodesKernel &kernel) {
    return {.pack = pack_fours, .group = 4, .added = added, .row_channels = row_channels_of(kernel.name)};
}

class Conv2dCodesDot : public OnEveryCodesKernel {};
DSQ_ON_EVERY_CODES_KERNEL(Conv2dCodesDot, kernels);

TEST_P(Conv2dCodesDot, EqualsTheReferenceForRandomCodes) {
    expect_equal_for_random_codes(packing_of(kernel()));
}

TEST_P(Conv2dCodesDot, HoldsItsSumsAtTheBoundsOfTheOperands) {
    EXPECT_EQ(differences_at_the_bounds(packing_of(kernel())), 0);
}

}  // namespace
}  // namespace dsq::tests
