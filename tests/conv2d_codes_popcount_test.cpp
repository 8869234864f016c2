#include "conv2d_codes_popcount_kernels.h"

#include "compile/bit_planes.h"
#include "tests/support/codes_kernel.h"

namespace dsq::tests {
namespace {

constexpr CodesKernel kernels[] = {
#include "conv2d_codes_popcount_kernels.inc"
};

template <int planes>
std::vector<std::int8_t> pack(const CodeWeights &weights, int tile_channels) {
    return pack_planes(weights, tile_channels, planes);
}
template <int weight_planes, int activation_planes>
std::vector<std::int32_t> start(const CodeWeights &weights) {
    return planes_start(weights, weight_planes, activation_planes);
}

// A plane for each bit.
Packing packing_of(const CodesKernel &kernel) {
    if (kernel.weight_bits == 1)
        return {.pack = pack<1>, .group = 2, .start = kernel.activation_bits == 1 ? nullptr : start<1, 2>};
    return {.pack = pack<2>, .group = 2, .start = kernel.activation_bits == 1 ? start<2, 1> : start<2, 2>};
}

class Conv2dCodesPopcount : public OnEveryCodesKernel {};
DSQ_ON_EVERY_CODES_KERNEL(Conv2dCodesPopcount, kernels);

TEST_P(Conv2dCodesPopcount, EqualsTheReferenceForRandomSigns) {
    expect_equal_for_random_codes(packing_of(kernel()));
}

// Where all bits differ, or none does.
TEST_P(Conv2dCodesPopcount, HoldsItsSumsAtTheBounds) {
    EXPECT_EQ(differences_at_the_bounds(packing_of(kernel())), 0);
}

}  // namespace
}  // namespace dsq::tests
