// Models whose layers the shipped tables of tuned choices know: every tensor equals the interpreter's. A small model
// for every core, a large one for the first core of each target.
#include <gtest/gtest.h>

#include "tests/support/compiled_model.h"
#include "train/settle_model.h"

namespace dsq::tests {
namespace {

void expect_equal_on_core(const Model &model, const CompileTarget &target, const std::string &core, int runs) {
    SCOPED_TRACE(core);
    for (const TargetVariant &variant : target.variants) {
        if (runs_here(target, variant)) expect_equal(model, {.target = target, .core = core}, variant, runs);
    }
}

TEST(TunedBuild, OfResNet20EqualsItsDefinition) {
    const Model model = settled_model({.image = {3, 32, 32}});
    for (const CompileTarget &target : compile_targets()) {
        for (const std::string &core : target.cores) expect_equal_on_core(model, target, core, 2);
    }
}

TEST(TunedBuild, OfResNet18EqualsItsDefinition) {
    const ModelKind kind{.network = "resnet18", .outer_8bit = true, .image = {3, 224, 224}};
    Model model;
    Status status = create_model(recipe_of(kind), kind.image, 1000, model);
    if (status.ok()) status = settle_model(1, model);
    ASSERT_TRUE(status.ok()) << status.message();
    for (const CompileTarget &target : compile_targets()) {
        expect_equal_on_core(model, target, target.cores.front(), 1);
    }
}

// Each core that a target has comes with a table, whose layers are those of the networks that dsq knows by name.
TEST(TunedBuild, HasATableOfEveryCore) {
    for (const CompileTarget &target : compile_targets()) {
        for (const std::string &core : target.cores) {
            const TunedTable *table = shipped_table(core);
            ASSERT_NE(table, nullptr) << core;
            EXPECT_GT(table->layers.size(), std::size_t{10}) << core;
        }
    }
}

}  // namespace
}  // namespace dsq::tests
