#include "conv2d_codes_wide_kernels.h"

#include "compile/pack_weights.h"
#include "tests/support/codes_kernel.h"

namespace dsq::tests {
namespace {

constexpr CodesKernel kernels[] = {
#include "conv2d_codes_wide_kernels.inc"
};

template <int group>
std::vector<std::int8_t> pack_bytes(const CodeWeights &weights, int tile_channels) {
    const std::vector<std::int16_t> packed = pack_wide(weights, tile_channels, group);
    const auto *bytes = reinterpret_cast<const std::int8_t *>(packed.data());
    return {bytes, bytes + packed.size() * sizeof(std::int16_t)};
}

Packing packing_of(const CodesKernel &kernel) {
    const bool in_pairs = std::string_view(kernel.name).find("group_2") != std::string_view::npos;
    return in_pairs ? Packing{pack_bytes<2>, 2, 0, 2} : Packing{pack_bytes<1>, 1, 0, 2};
}

class Conv2dCodesWide : public OnEveryCodesKernel {};
DSQ_ON_EVERY_CODES_KERNEL(Conv2dCodesWide, kernels);

TEST_P(Conv2dCodesWide, EqualsTheReferenceForRandomCodes) {
    expect_equal_for_random_codes(packing_of(kernel()));
}

TEST_P(Conv2dCodesWide, HoldsItsSumsAtTheBoundsOfTheOperands) {
    EXPECT_EQ(differences_at_the_bounds(packing_of(kernel())), 0);
}

}  // namespace
}  // namespace dsq::tests
