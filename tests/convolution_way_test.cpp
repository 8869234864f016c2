#include "compile/convolution_way.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <sstream>

#include "compile/choose_way.h"
#include "compile/plan_convolution.h"
#include "tests/support/expectations.h"
#include "tests/support/samples.h"

namespace dsq::tests {
namespace {

constexpr InstructionSet instruction_sets[] = {
    InstructionSet::armv8, InstructionSet::dotprod, InstructionSet::avx2, InstructionSet::vnni};

CodeRange range_of(int bits) {
    return bits == 1 ? CodeRange{-1, 1} : shifted_range(bits);
}

CodeWeights random_weights(Random &random, int out, int in, int kernel, int bits) {
    CodeWeights weights{out, in, kernel, {}};
    const CodeRange range = range_of(bits);
    for (int i = 0; i < out * in * kernel * kernel; ++i) {
        const auto offset = static_cast<int>(random() % static_cast<unsigned>(range.high - range.low + 1));
        const int code = bits == 1 ? 2 * (offset / 2) - 1 : range.low + offset;
        weights.values.push_back(static_cast<std::int16_t>(std::min(code, range.high)));
    }
    return weights;
}

// With the weights that it looks at.
struct Layer {
    CodeWeights weights = {};
    int weight_bits = 2, input_bits = 2, stride = 1;
    bool depthwise = false;

    ConvolutionOperands operands() const {
        return {.weights = weights,
                .weight_range = range_of(weight_bits),
                .input_range = range_of(input_bits),
                .input_bits = input_bits,
                .stride = stride,
                .depthwise = depthwise};
    }
};

Layer random_layer(Random &random) {
    const auto pick = [&](std::initializer_list<int> from) { return *(from.begin() + random() % from.size()); };
    const bool depthwise = pick({0, 0, 0, 1}) == 1;
    const int out = pick({1, 3, 8, 16, 17, 32, 40, 64}), in = depthwise ? 1 : pick({1, 2, 3, 7, 16, 32, 48});
    const int kernel = pick({1, 3, 3, 5}), weight_bits = pick({1, 2, 3, 4, 8}), input_bits = pick({1, 2, 3, 4, 8});
    return {random_weights(random, out, in, kernel, weight_bits), weight_bits, input_bits, pick({1, 1, 2}), depthwise};
}

int number(const ConvolutionPlan &plan, const std::string &key) {
    return plan.parameters.contains(key) ? std::stoi(plan.parameters.at(key)) : 0;
}

// The weights fill their extents, the tile is as asked for, runs divide the channels where they must.
void expect_consistent(ConvolutionWay way, const Layer &layer, Tile tile, const ConvolutionPlan &plan) {
    const auto &[lane, step, kx, ky, tiles] = plan.weight_extents;
    const std::size_t product = std::accumulate(
        plan.weight_extents.begin(), plan.weight_extents.end(), std::size_t{1}, [](std::size_t a, int b) {
            return a * static_cast<std::size_t>(b);
        });
    EXPECT_EQ(plan.weights.size(), product * element_size(plan.weight_type));
    EXPECT_EQ(kx, plan.row_channels > 0 ? 1 : ky);
    EXPECT_GE(lane * tiles, layer.weights.out_channels);
    EXPECT_EQ(number(plan, "tile_pixels"), tile.pixels);
    EXPECT_EQ(number(plan, "tile_channels"), way == ConvolutionWay::depthwise ? 0 : tile.channels);
    EXPECT_TRUE(plan.sum_bits == 16 || plan.sum_bits == 32);
    if (way == ConvolutionWay::mla && plan.sum_bits == 32) {
        EXPECT_EQ(layer.weights.in_channels % number(plan, "run"), 0);
        EXPECT_EQ(number(plan, "spill_channels") % number(plan, "run"), 0);
    }
    std::istringstream runs(plan.parameters.contains("runs") ? plan.parameters.at("runs") : "");
    for (std::string run; std::getline(runs, run, ',');) {
        const bool in_16_bits =
            (way == ConvolutionWay::winograd || way == ConvolutionWay::winograd_sadalp) && run == "0";
        EXPECT_TRUE(in_16_bits || layer.weights.in_channels % std::stoi(run) == 0) << run;
    }
}

TEST(ConvolutionWay, PlansWhatItIsForOrSaysWhyNot) {
    for (unsigned seed = 0; seed < 300; ++seed) {
        Random random(seed);
        const Layer layer = random_layer(random);
        const Tile tile{4, layer.depthwise ? layer.weights.out_channels : 16};
        for (const ConvolutionWay way : convolution_ways()) {
            SCOPED_TRACE(std::string(name(way)) + ", seed " + std::to_string(seed));
            ConvolutionPlan plan;
            plan.sum_bits = 7;
            const Status status = plan_convolution(way, layer.operands(), tile, {}, plan);
            if (status.ok()) {
                EXPECT_TRUE(is_for(way, layer.operands()));
                expect_consistent(way, layer, tile, plan);
            } else {
                expect_error(status, ErrorCode::invalid_argument, "expected ");
                EXPECT_EQ(plan.sum_bits, 7);
            }
        }
    }
}

TEST(ConvolutionWay, IsForItsLayersAlone) {
    Random random(1);
    Layer layer{random_weights(random, 4, 4, 3, 2), 2, 2, 1, false};
    const auto ways = [&] {
        std::string text;
        for (const ConvolutionWay way : convolution_ways()) {
            if (is_for(way, layer.operands())) text += std::string(text.empty() ? "" : " ") + std::string(name(way));
        }
        return text;
    };
    EXPECT_EQ(ways(), "mla mla_sadalp mla_paper smlal smlal_sadalp winograd winograd_sadalp winograd_smlal popcount dot pairs");
    layer.stride = 2;
    EXPECT_EQ(ways(), "mla mla_sadalp mla_paper smlal smlal_sadalp popcount dot pairs");
    layer.input_bits = 3;
    EXPECT_EQ(ways(), "mla mla_sadalp mla_paper smlal smlal_sadalp dot pairs");
    layer.weight_bits = layer.input_bits = 1;
    EXPECT_EQ(ways(), "mla mla_sadalp mla_paper smlal smlal_sadalp popcount dot pairs");
    layer.depthwise = true;
    EXPECT_EQ(ways(), "depthwise");
    layer = {random_weights(random, 4, 4, 3, 16), 16, 8, 1, false};
    EXPECT_EQ(ways(), "wide");
    layer = {random_weights(random, 4, 4, 3, 8), 8, 8, 1, false};
    EXPECT_EQ(ways(), "mla mla_sadalp mla_paper smlal smlal_sadalp dot pairs wide");
    ConvolutionPlan plan;
    expect_error(plan_convolution(ConvolutionWay::popcount, layer.operands(), {}, {}, plan),
                 ErrorCode::invalid_argument,
                 "expected a layer that popcount is for");
    expect_error(plan_convolution(ConvolutionWay::mla, layer.operands(), {}, {}, plan),
                 ErrorCode::invalid_argument,
                 "expected single products that 8 bits hold");
}

// A window's row of three channels and seven pixels, and zeros up to whole pairs of runs.
TEST(ConvolutionWay, TakesTheRowsOfFewChannelsAsChannels) {
    Random random(1);
    const Layer layer{random_weights(random, 20, 3, 7, 7), 7, 8, 2, false};
    ConvolutionPlan plan;
    assert_ok(plan_convolution(ConvolutionWay::smlal_sadalp, layer.operands(), {3, 16}, {}, plan));
    EXPECT_EQ(plan.row_channels % 2, 0);
    EXPECT_GE(plan.row_channels, 21);
    EXPECT_EQ(plan.parameters["row_channels"], std::to_string(plan.row_channels));
    EXPECT_EQ(plan.weight_extents, (std::array{32, plan.row_channels / 2, 1, 7, 2}));
    assert_ok(plan_convolution(ConvolutionWay::dot, layer.operands(), {8, 8}, {}, plan));
    EXPECT_EQ(plan.row_channels, 24);
    EXPECT_EQ(plan.weight_extents, (std::array{32, 6, 1, 7, 3}));

    ConvolutionOperands on_x86 = layer.operands();
    on_x86.is_x86 = true;
    assert_ok(plan_convolution(ConvolutionWay::dot, on_x86, {8, 16}, {}, plan));
    EXPECT_EQ(plan.row_channels, 0);
}

// What 16 bits hold: two products of the largest weights by codes of 8 bits, eight of weights of 5 bits.
TEST(ConvolutionWay, AddsAsManyProductsAsSixteenBitsHold) {
    for (const auto &[weight, together] : {std::pair{127, 4}, {63, 8}, {15, 32}}) {
        const Layer layer{
            {16, 64, 1, std::vector<std::int16_t>(16 * 64, static_cast<std::int16_t>(weight))}, 8, 8, 1, false};
        ConvolutionPlan plan;
        assert_ok(plan_convolution(ConvolutionWay::smlal_sadalp, layer.operands(), {4, 16}, {}, plan));
        EXPECT_EQ(plan.parameters["spill_channels"], std::to_string(together)) << weight;
        EXPECT_EQ(plan.sum_bits, 32);
    }
}

// A threshold that is never reached lies one above the largest sum.
TEST(ConvolutionWay, SignsLeaveRoomForAThresholdAboveThem) {
    for (const auto &[channels, bits] : {std::pair{32766, 16}, {32767, 32}}) {
        const Layer layer{
            {1, channels, 1, std::vector<std::int16_t>(static_cast<std::size_t>(channels), 1)}, 1, 1, 1, false};
        ConvolutionPlan plan;
        assert_ok(plan_convolution(ConvolutionWay::popcount, layer.operands(), {4, 32}, {}, plan));
        EXPECT_EQ(plan.sum_bits, bits) << channels;
    }
}

TEST(ConvolutionWay, ReordersInputChannels) {
    const CodeWeights weights{2, 3, 1, {1, 2, 3, 4, 5, 6}};
    const std::vector<int> order{2, 0, 1};
    EXPECT_EQ(reordered(weights, order).values, (std::vector<std::int16_t>{3, 1, 2, 6, 4, 5}));
}

TEST(DefaultWays, EndWithOneThatTakesAllWeights) {
    for (unsigned seed = 0; seed < 300; ++seed) {
        Random random(seed);
        const Layer layer = random_layer(random);
        for (const InstructionSet set : instruction_sets) {
            ConvolutionOperands operands = layer.operands();
            operands.is_x86 = is_x86(set);
            const std::vector<WayChoice> choices = default_ways(set, "", operands);
            ASSERT_FALSE(choices.empty());
            for (const auto &[way, tile] : choices) {
                EXPECT_TRUE(is_for(way, operands)) << name(way) << ", seed " << seed;
                EXPECT_GE(tile.pixels, 1);
                EXPECT_GE(tile.channels, 1);
            }
            ConvolutionPlan plan;
            const auto &[way, tile] = choices.back();
            const Status status = plan_convolution(way, operands, tile, {}, plan);
            EXPECT_TRUE(status.ok()) << name(way) << ", seed " << seed << ": " << status.message();
        }
    }
}

}  // namespace
}  // namespace dsq::tests
