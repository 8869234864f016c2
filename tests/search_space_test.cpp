#include "tune/search_space.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "compile/plan_program.h"
#include "tests/support/expectations.h"
#include "tune/tuning_layer.h"

namespace dsq::tests {
namespace {

constexpr const char *layers[][2] = {{"3x16x3s1@32x32", "8/8"},
                                     {"16x16x3s1@32x32", "2/2"},
                                     {"16x32x3s2@32x32", "2/2"},
                                     {"64x64x3s1@8x8", "3/3"},
                                     {"64x128x1s2@14x14", "4/4"},
                                     {"32x32x3s1@16x16", "1/1"},
                                     {"5x7x5s1@9x11", "8/4"},
                                     {"24dwx3s1@14x14", "4/4"}};

LayerKey key_of(const char *const (&layer)[2], const TargetVariant &variant) {
    LayerKey key{.variant = variant.name};
    assert_ok(read_layer_text(layer[0], key));
    assert_ok(read_bits_text(layer[1], key));
    return key;
}

// What the compiler takes without a table.
WayChoice default_choice(const LayerKey &key, CompileTarget target, const TargetVariant &variant) {
    target.variants = {variant};
    ProgramPlan plan;
    std::vector<VariantNotes> notes;
    assert_ok(plan_program(layer_of_shape(key).graph, {.name = "layer", .target = target, .core = ""}, plan, notes));
    return notes.front().kernels.back().choice.value_or(WayChoice{});
}

// The least bytes of sums that an output has in registers.
int least_bytes(ConvolutionWay way) {
    using enum ConvolutionWay;
    return way == dot || way == pairs || way == wide ? 4 : 2;
}

template <typename Each>
void for_every_layer(Each each) {
    for (const CompileTarget &target : compile_targets()) {
        for (const TargetVariant &variant : target.variants) {
            for (const auto &layer : layers) {
                SCOPED_TRACE(std::string(layer[0]) + " " + layer[1] + " on " + variant.name);
                each(target, variant, key_of(layer, variant));
            }
        }
    }
}

TEST(SearchSpace, HoldsTheWayOfTheDefault) {
    for_every_layer([](const CompileTarget &target, const TargetVariant &variant, const LayerKey &key) {
        const WayChoice taken = default_choice(key, target, variant);
        const std::vector<WayChoice> space = search_space(variant.instruction_set, key);
        EXPECT_TRUE(std::any_of(space.begin(), space.end(), [&](const WayChoice &choice) {
            return choice.way == taken.way;
        })) << name(taken.way);
    });
}

TEST(SearchSpace, IsTheSameEachTimeWithoutAChoiceTwice) {
    for_every_layer([](const CompileTarget &, const TargetVariant &variant, const LayerKey &key) {
        const std::vector<WayChoice> space = search_space(variant.instruction_set, key);
        EXPECT_EQ(space, search_space(variant.instruction_set, key));
        std::set<std::string> seen;
        for (const WayChoice &choice : space) {
            EXPECT_TRUE(seen.insert(std::string(name(choice.way)) + " " + std::to_string(choice.tile.pixels) + "x" +
                                    std::to_string(choice.tile.channels))
                            .second);
        }
    });
}

TEST(SearchSpace, TilesStayInRegisters) {
    for_every_layer([](const CompileTarget &, const TargetVariant &variant, const LayerKey &key) {
        const int registers = variant.instruction_set == InstructionSet::vnni ? 2048 : 512;
        for (const WayChoice &choice : search_space(variant.instruction_set, key)) {
            if (choice.way == ConvolutionWay::depthwise) continue;  // whose channels are no tile
            EXPECT_LE(choice.tile.pixels * choice.tile.channels * least_bytes(choice.way), registers)
                << name(choice.way) << " " << choice.tile.pixels << "x" << choice.tile.channels;
            EXPECT_GE(choice.tile.pixels, 1);
        }
    });
}

TEST(SearchSpace, WaysAreForTheLayer) {
    using enum ConvolutionWay;
    for_every_layer([](const CompileTarget &, const TargetVariant &variant, const LayerKey &key) {
        for (const WayChoice &choice : search_space(variant.instruction_set, key)) {
            const std::string_view way = name(choice.way);
            EXPECT_TRUE(!way.starts_with("winograd") || (key.kernel == 3 && key.stride == 1)) << way;
            EXPECT_TRUE(choice.way != popcount || (key.weight_bits <= 2 && key.input_bits <= 2));
            EXPECT_EQ(choice.way == depthwise, key.depthwise);
        }
    });
}

}  // namespace
}  // namespace dsq::tests
