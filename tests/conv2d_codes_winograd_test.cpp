#include "conv2d_codes_winograd_kernels.h"

#include "compile/pack_weights.h"
#include "compile/random_weights.h"
#include "compile/run_length.h"
#include "compile/winograd_transform.h"
#include "tests/support/codes_kernel.h"

namespace dsq::tests {
namespace {

constexpr CodesKernel kernels[] = {
#include "conv2d_codes_winograd_kernels.inc"
};

// Those of the kernel "planned", safe for its weights alone.
const std::vector<int> planned_runs{PLANNED_RUNS};

template <int group>
std::vector<std::int8_t> pack_positions(const CodeWeights &weights, int tile_channels) {
    std::vector<std::int8_t> packed;
    EXPECT_TRUE(pack_winograd(weights, tile_channels, packed, group).ok());
    return packed;
}

constexpr Packing packing{pack_positions<1>, 1, winograd_extent - 3},
    in_pairs{pack_positions<2>, 2, winograd_extent - 3};

// "sadalp" in a kernel's name: it has input channels in pairs.
Packing packing_of(const CodesKernel &kernel) {
    return std::string_view(kernel.name).find("sadalp") != std::string_view::npos ? in_pairs : packing;
}

// Signs of weights and of codes with which products are largest at a position of one direction; where tiles overlap,
// every other one has the codes negated.
constexpr int weight_signs[winograd_extent][3] = {{1, 0, 0}, {1, 1, 1}, {1, -1, 1}, {0, 0, 1}};
constexpr int code_signs[winograd_extent][4] = {{1, 1, -1, 1}, {1, 1, 1, 1}, {1, -1, 1, -1}, {1, 1, 1, -1}};

int bound(int bits, int sign) {
    return sign > 0 ? shifted_range(bits).high : shifted_range(bits).low;
}

int code_sign(int position, int x, int y) {
    return code_signs[position % winograd_extent][(x + 1) % 4] * code_signs[position / winograd_extent][(y + 1) % 4];
}

// All weights and codes such that products are the largest or the smallest at one position.
void fill_for(CodesCase &operands, const CodesKernel &kernel, int position, int of_weights, int of_codes) {
    std::size_t tap = 0;
    for (std::int16_t &weight : operands.weights().values) {
        const int sign =
            weight_signs[position % winograd_extent][tap % 3] * weight_signs[position / winograd_extent][tap / 3 % 3];
        weight = static_cast<std::int16_t>(bound(kernel.weight_bits, of_weights * sign));
        ++tap;
    }
    operands.fill_input(
        [&](int, int x, int y) { return bound(kernel.activation_bits, of_codes * code_sign(position, x, y)); });
}

class Conv2dCodesWinogradFixture : public OnEveryCodesKernel {
protected:
    // Where products are the largest or the smallest, at each position.
    long differences_at_each_bound() const {
        CodesCase bounds(kernel(), packing_of(kernel()), 1);
        long differences = 0;
        for (int position = 0; position < winograd_positions; ++position) {
            for (const int of_weights : {-1, 1}) {
                for (const int of_codes : {-1, 1}) {
                    fill_for(bounds, kernel(), position, of_weights, of_codes);
                    add_differences(bounds, differences);
                }
            }
        }
        return differences;
    }

    // Codes that make sums the largest, or with every other tile the smallest, at each position for some output
    // channels. The runs must be those that the weights allow.
    long differences_for_the_worst_codes() const {
        CodesCase worst(kernel(), packing, 1);
        CodeWeights &weights = worst.weights(), transformed;
        weights = random_weights(weights.out_channels, weights.in_channels, 3, kernel().weight_bits, 1);
        const CodeRange activations = shifted_range(kernel().activation_bits);
        WinogradRanges ranges;
        EXPECT_TRUE(transform_weights(weights, transformed).ok());
        EXPECT_TRUE(transform_range(activations, ranges).ok());
        const WorstProducts products(transformed, ranges);
        EXPECT_EQ(longest_runs(products, identity_order(weights.in_channels), 8), planned_runs);
        EXPECT_TRUE(winograd_fits(weights, activations, 16));
        long differences = 0;
        for (int position = 0; position < winograd_positions; ++position) {
            for (int out = 0; out < weights.out_channels; out += 5) {
                worst.fill_input([&](int c, int x, int y) {
                    const int weight = transformed.at(out, c, position / winograd_extent, position % winograd_extent);
                    return bound(kernel().activation_bits, (weight < 0 ? -1 : 1) * code_sign(position, x, y));
                });
                add_differences(worst, differences);
            }
        }
        return differences;
    }
};

const std::vector<CodesKernel> planned = kernels_with(kernels, "planned");
const std::vector<CodesKernel> for_all_weights = kernels_with(kernels, "planned", false);

class Conv2dCodesWinograd : public Conv2dCodesWinogradFixture {};
DSQ_ON_EVERY_CODES_KERNEL(Conv2dCodesWinograd, kernels_with(for_all_weights, "overflow", false));

TEST_P(Conv2dCodesWinograd, EqualsTheReferenceForRandomCodes) {
    expect_equal_for_random_codes(packing_of(kernel()));
}

TEST_P(Conv2dCodesWinograd, HoldsItsSumsAtTheBoundsOfTheOperands) {
    EXPECT_EQ(differences_at_each_bound(), 0);
}

class Conv2dCodesWinogradTooLong : public Conv2dCodesWinogradFixture {};
DSQ_ON_EVERY_CODES_KERNEL(Conv2dCodesWinogradTooLong, kernels_with(for_all_weights, "overflow"));

TEST_P(Conv2dCodesWinogradTooLong, OverflowsAtTheBoundsOfTheOperands) {
    EXPECT_GT(differences_at_each_bound(), 0);
}

class Conv2dCodesWinogradPlanned : public Conv2dCodesWinogradFixture {};
DSQ_ON_EVERY_CODES_KERNEL(Conv2dCodesWinogradPlanned, kernels_with(planned, "overflow", false));

TEST_P(Conv2dCodesWinogradPlanned, HoldsTheRunsThatItsWeightsAllow) {
    CodesCase plain(kernel(), packing, 1);
    CodeWeights &weights = plain.weights();
    weights = random_weights(weights.out_channels, weights.in_channels, 3, kernel().weight_bits, 1);
    EXPECT_EQ(plain.differences(), 0);
    EXPECT_EQ(differences_for_the_worst_codes(), 0);
}

class Conv2dCodesWinogradPlannedTooLong : public Conv2dCodesWinogradFixture {};
DSQ_ON_EVERY_CODES_KERNEL(Conv2dCodesWinogradPlannedTooLong, kernels_with(planned, "overflow"));

TEST_P(Conv2dCodesWinogradPlannedTooLong, Overflows) {
    EXPECT_GT(differences_for_the_worst_codes(), 0);
}

// What the kernels above are made with, and one more in those that overflow.
TEST(Conv2dCodesWinograd, HasTheseRunsForAllWeights) {
    const auto longest = [](int weight_bits, int activation_bits, int bits) {
        WinogradRanges ranges;
        EXPECT_TRUE(transform_range(shifted_range(activation_bits), ranges).ok());
        const CodeRange weights = shifted_range(weight_bits);
        return run_length({9 * weights.low, 9 * weights.high}, ranges[5], bits);
    };
    EXPECT_EQ(longest(1, 1, 8), 3);
    EXPECT_EQ(longest(1, 2, 8), 1);
    EXPECT_EQ(longest(2, 1, 8), 1);
    EXPECT_GE(longest(2, 2, 16), 64);
    EXPECT_EQ(longest(4, 4, 16), 14);
}

TEST(Winograd, FitsWhereSumsThatAreHalvedDo) {
    const auto uniform = [](int channels, std::int16_t weight) {
        return CodeWeights{1, channels, 3, std::vector<std::int16_t>(static_cast<std::size_t>(9 * channels), weight)};
    };
    // At position (1, 1): 72 * 32 a channel.
    EXPECT_TRUE(winograd_fits(uniform(14, -8), shifted_range(4), 16));
    EXPECT_FALSE(winograd_fits(uniform(15, -8), shifted_range(4), 16));
    EXPECT_TRUE(winograd_fits(uniform(15, -8), shifted_range(4), 17));
    // Those that are halved may be larger than the output.
    CodeWeights corner = uniform(500, 0);
    for (std::size_t i = 0; i < corner.values.size(); i += 9) corner.values[i] = -8;
    EXPECT_TRUE(fits(WorstProducts(corner, shifted_range(4)), 16));
    EXPECT_FALSE(winograd_fits(corner, shifted_range(4), 16));
    EXPECT_TRUE(winograd_fits(corner, shifted_range(4), 18));
}

TEST(PackWinograd, RefusesOtherKernels) {
    std::vector<std::int8_t> packed;
    EXPECT_EQ(pack_winograd({1, 1, 1, {1}}, 16, packed).code(), ErrorCode::invalid_argument);
    EXPECT_TRUE(packed.empty());
}

}  // namespace
}  // namespace dsq::tests
