// The search on a layer so small that a trial takes a second, for an Arm core: estimates need no board.
#include "tune/tune.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "compile/plan_program.h"
#include "tests/support/expectations.h"
#include "tests/support/temporary_folder.h"

namespace dsq::tests {
namespace {

std::size_t lines_of(const std::string &text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

class Tune : public testing::Test {
protected:
    void SetUp() override {
        LayerKey key;
        assert_ok(read_layer_text("8x16x3s1@8x8", key));
        assert_ok(read_bits_text("2/2", key));
        layers_ = {layer_of_shape(key)};
        options_.cores = {"cortex-a53"};
        assert_ok(find_target("arm-64-linux", options_.cores.front(), options_.target));
        options_.budget = 1;
        options_.threads = 2;
        options_.version = "test";
        options_.folder = folder_.path();
        options_.log = folder_.path("trials.jsonl");
    }

    TunedTable table() {
        trials_.clear();
        assert_ok(tune(layers_, options_, trials_));
        return table_of(trials_, options_, 0);
    }
    std::string log_text() const {
        return file_text(options_.log);
    }

    TemporaryFolder folder_;
    std::vector<TuningLayer> layers_;
    TuningOptions options_{};
    std::vector<Trial> trials_;
};

TEST_F(Tune, GivesTheSameTableAgain) {
    const TunedTable first = table();
    EXPECT_EQ(first.core, "cortex-a53");
    EXPECT_EQ(first.unit, "cycles");
    ASSERT_EQ(trials_.size(), 2U);  // the default and as many as the budget
    EXPECT_TRUE(trials_.front().is_default);
    ASSERT_EQ(first.layers.size(), 1U);
    const TunedLayer &layer = first.layers.front();
    EXPECT_EQ(layer_text(layer.key), "8x16x3s1@8x8");
    EXPECT_EQ(layer.key.variant, "armv8");
    ASSERT_FALSE(layer.ways.empty());
    EXPECT_GT(layer.ways.front().cost, 0);
    EXPECT_LE(layer.ways.front().cost, layer.default_cost);

    const std::string text = tuned_table_text(first), log = log_text();
    EXPECT_EQ(tuned_table_text(table()), text);
    EXPECT_EQ(log_text(), log);  // nothing was tried again

    options_.log = folder_.path("other.jsonl");
    EXPECT_EQ(tuned_table_text(table()), text);
    EXPECT_EQ(lines_of(log_text()), 2U);
}

TEST_F(Tune, MakesOnlyTheTrialsAgainThatTheLogHasLost) {
    const TunedTable first = table();
    const std::string log = log_text();
    folder_.write("trials.jsonl", "\n3\n{\"dsq\": 7}\n[]\n" + log.substr(0, log.size() - 10));
    EXPECT_EQ(table().layers.front().ways.front().choice, first.layers.front().ways.front().choice);
    const std::string whole = log_text();
    EXPECT_EQ(lines_of(whole), 4 + 2 + 1U);
    table();
    EXPECT_EQ(log_text(), whole);
}

TEST_F(Tune, ThatIsStoppedGivesATable) {
    options_.threads = 1;
    std::size_t done = 0;
    options_.progress = [&](const TuningProgress &progress) { done = progress.done; };
    options_.stop = [&] { return done >= 1; };
    const TunedTable stopped = table();
    EXPECT_EQ(trials_.size(), 1U);
    ASSERT_EQ(stopped.layers.size(), 1U);
    EXPECT_EQ(stopped.layers.front().ways.front().cost, stopped.layers.front().default_cost);
    TunedTable read;
    assert_ok(parse_tuned_table(tuned_table_text(stopped), read));
}

TEST_F(Tune, WhatCouldNotBeMeasuredIsTriedAgain) {
    const std::vector<std::string> analyzer = options_.target.analyzer;
    options_.target.analyzer = {"no-such-analyzer"};
    EXPECT_TRUE(table().layers.empty());
    ASSERT_EQ(trials_.size(), 2U);
    EXPECT_NE(trials_.front().error.find("no-such-analyzer"), std::string::npos);
    EXPECT_EQ(log_text(), "");
    options_.target.analyzer = analyzer;
    EXPECT_EQ(table().layers.size(), 1U);
}

TEST_F(Tune, TheCompilerTakesWhatATableSays) {
    std::vector<VariantNotes> notes;
    ProgramPlan plan;
    ProgramOptions program{.name = "layer", .target = options_.target, .core = "cortex-a53"};
    const auto note = [&] {
        assert_ok(plan_program(layers_.front().graph, program, plan, notes));
        return notes.front().kernels.back();
    };
    LayerKey key = *note().layer;
    const WayChoice odd{ConvolutionWay::smlal, {3, 16}};
    key.epilogue = "float32";  // of another epilogue, where there is none of this one
    program.tables = {{"cortex-a53", "ns", {{key, {{odd, 77}}, 0}}}};
    EXPECT_EQ(note().choice, odd);
    EXPECT_EQ(note().how, "smlal 3x16");
    EXPECT_EQ(note().cost, 77);
    EXPECT_EQ(note().unit, "ns");
    const WayChoice impossible{ConvolutionWay::depthwise, {4, 32}};
    program.tables.front().layers.front().ways = {{impossible, 5}, {odd, 77}};
    EXPECT_EQ(note().choice, odd);
    program.tables.front().layers.front().ways = {{impossible, 5}};
    EXPECT_NE(note().choice, impossible);
}

}  // namespace
}  // namespace dsq::tests
