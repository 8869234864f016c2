#include "compile/tuned_table.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "compile/compile_target.h"
#include "tests/support/expectations.h"
#include "tests/support/temporary_folder.h"

namespace dsq::tests {
namespace {

LayerKey key_of(const std::string &layer, const std::string &bits, const std::string &epilogue = "codes") {
    LayerKey key{.variant = "armv8", .epilogue = epilogue};
    assert_ok(read_layer_text(layer, key));
    assert_ok(read_bits_text(bits, key));
    return key;
}

TunedTable small_table() {
    using enum ConvolutionWay;
    TunedTable table{"cortex-a53", "cycles", {}};
    table.set({key_of("64x32x3s1@56x28", "2/2"), {{{winograd, {2, 64}}, 123.25}, {{mla, {4, 16}}, 200}}, 300.5});
    table.set({key_of("16dwx3s2@8x8", "4/4", "float32+residual"), {{{depthwise, {4, 16}}, 7}}});
    return table;
}

// A file of one layer, with a text in it replaced by another.
std::string changed(const std::string &from, const std::string &to) {
    std::string text = R"({"version": 1, "core": "c", "unit": "cycles", "layers": [)"
                       R"({"variant": "armv8", "layer": "8x16x3s1@8x8", "bits": "2/2", "epilogue": "codes", "ways": )"
                       R"([{"way": "mla", "tile": "4x16", "cost": 5}]}]})";
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

TEST(TunedTable, ReadsWhatWasWritten) {
    const std::string text = tuned_table_text(small_table());
    TunedTable read;
    assert_ok(parse_tuned_table(text, read));
    EXPECT_EQ(tuned_table_text(read), text);
    EXPECT_EQ(read.core, "cortex-a53");
    ASSERT_EQ(read.layers.size(), 2U);
    const TunedLayer *layer = read.find(key_of("64x32x3s1@56x28", "2/2"));
    ASSERT_NE(layer, nullptr);
    EXPECT_EQ(layer->default_cost, 300.5);
    ASSERT_EQ(layer->ways.size(), 2U);
    EXPECT_EQ(layer->ways[0].choice, (WayChoice{ConvolutionWay::winograd, {2, 64}}));
    EXPECT_EQ(layer->ways[0].cost, 123.25);
    EXPECT_EQ(layer->ways[1].choice, (WayChoice{ConvolutionWay::mla, {4, 16}}));
}

TEST(TunedTable, FindsTheLayerAndElseOneWithAnotherEpilogue) {
    TunedTable table;
    table.set({key_of("8x16x3s1@8x8", "2/2", "float32"), {}, 1});
    table.set({key_of("8x16x3s1@8x8", "2/2", "codes"), {}, 2});
    const auto found = [&](const LayerKey &key) {
        const TunedLayer *layer = table.find(key);
        return layer ? layer->default_cost : 0;
    };
    EXPECT_EQ(found(key_of("8x16x3s1@8x8", "2/2", "codes")), 2);
    EXPECT_EQ(found(key_of("8x16x3s1@8x8", "2/2", "float32")), 1);
    EXPECT_GT(found(key_of("8x16x3s1@8x8", "2/2", "codes+offset")), 0);
    EXPECT_EQ(found(key_of("8x16x3s1@8x9", "2/2")), 0);
    EXPECT_EQ(found(key_of("8x16x3s1@8x8", "2/3")), 0);
    EXPECT_EQ(found(key_of("16x8x3s1@8x8", "2/2")), 0);
    LayerKey other = key_of("8x16x3s1@8x8", "2/2");
    other.variant = "dotprod";
    EXPECT_EQ(found(other), 0);
    table.set({key_of("8x16x3s1@8x8", "2/2", "codes"), {}, 3});
    EXPECT_EQ(found(key_of("8x16x3s1@8x8", "2/2", "codes")), 3);
    EXPECT_EQ(table.layers.size(), 2U);
}

TEST(TunedTable, ErrorsNameTheFileAndTheLayer) {
    const TemporaryFolder folder;
    const auto expect = [&](const std::string &text, const std::string &message) {
        const std::string path = folder.write("table.json", text);
        TunedTable table{"untouched", "ns", {}};
        const Status status = read_tuned_table(path, table);
        expect_error(status, ErrorCode::invalid_file, message);
        expect_error(status, ErrorCode::invalid_file, path + ": ");
        EXPECT_EQ(table.core, "untouched");
    };
    const std::string layer = "layer 0: ";
    expect(changed("\"version\": 1", "\"version\": 2"), "version: expected 1, found 2");
    expect(changed("\"version\": 1, ", ""), "version");
    expect(changed("\"mla\"", "\"mlb\""), layer + "expected one of mla, ");
    expect(changed("\"mla\"", "3"), layer);
    for (const char *tile :
         {"4", "4x", "x16", "0x16", "4x-1", "4x16x1", "4x99999", "65x16", "3x5", "2x24", "32x64", ""}) {
        expect(changed("4x16", tile), layer + "tile: expected pixels x channels like 2x64, found '" + tile + "'");
    }
    for (const char *text :
         {"8x16x3", "8x16x3s1@8", "8x16x3s1@8x8x", "8dwx3s1", "0x16x3s1@8x8", "8x16x3s1@8x9999999"}) {
        expect(changed("8x16x3s1@8x8", text), layer + "layer: expected one like ");
    }
    for (const char *bits : {"2", "2/", "2/17", "0/2", "2/2/2"}) {
        expect(changed("\"2/2\"", "\"" + std::string(bits) + "\""), layer + "bits: expected");
    }
    for (const char *cost : {"0", "-3", "\"5\"", "null"}) {
        expect(changed("\"cost\": 5", "\"cost\": " + std::string(cost)), layer);
    }
    expect(changed("\"epilogue\": \"codes\", ", ""), layer);
    expect(changed(R"([{"way": "mla", "tile": "4x16", "cost": 5}])", "7"), layer);
    const std::string whole = changed("mla", "mla");
    expect(whole.substr(0, whole.size() / 2), "parse error");
    expect("", "parse error");
    expect("[1]", "");
    TunedTable table;
    expect_error(read_tuned_table(folder.path("none"), table), ErrorCode::invalid_file, "none: cannot be read");
}

// What the compiler itself goes by: a table that it could not read would be left out.
TEST(TunedTable, EveryCoreHasAShippedTable) {
    for (const CompileTarget &target : compile_targets()) {
        for (const std::string &core : target.cores) {
            const TunedTable *table = shipped_table(core);
            ASSERT_NE(table, nullptr) << core;
            EXPECT_EQ(table->unit, target.analyzer.empty() ? "ns" : "cycles") << core;
            for (const TunedLayer &layer : table->layers) {
                EXPECT_TRUE(std::is_sorted(layer.ways.begin(),
                                           layer.ways.end(),
                                           [](const TunedWay &a, const TunedWay &b) { return a.cost < b.cost; }))
                    << core << " " << layer_text(layer.key);
                EXPECT_TRUE(std::any_of(target.variants.begin(),
                                        target.variants.end(),
                                        [&](const TargetVariant &v) { return v.name == layer.key.variant; }))
                    << core << " " << layer.key.variant;
            }
        }
    }
    EXPECT_EQ(shipped_table("no-core"), nullptr);
}

}  // namespace
}  // namespace dsq::tests
