// Whole models through the compiler: every tensor of every library equals the interpreter's, on every target that this
// machine runs.
#include <gtest/gtest.h>

#include "tests/support/compiled_model.h"

namespace dsq::tests {
namespace {

void expect_equal_on_every_target(const Model &model, int batch = 1) {
    for (const CompileTarget &target : compile_targets()) {
        for (const TargetVariant &variant : target.variants) {
            if (runs_here(target, variant)) expect_equal(model, {.target = target, .batch = batch}, variant);
        }
    }
}

struct KindName {
    template <typename Info>
    std::string operator()(const Info &info) const {
        const ModelKind &kind = info.param;
        return kind.network + "_w" + std::to_string(kind.weight_bits) + "a" + std::to_string(kind.activation_bits) +
               (kind.outer_8bit ? "_8bit" : "") + (kind.layers.empty() ? "" : "_mixed");
    }
};

class CompiledKind : public testing::TestWithParam<ModelKind> {};

TEST_P(CompiledKind, EqualsItsDefinition) {
    expect_equal_on_every_target(settled_model(GetParam()));
}

constexpr Shape small{3, 8, 8};
const ModelKind kinds[] = {
    {.image = small},
    {.weight_bits = 1, .activation_bits = 1, .image = small},
    {.weight_bits = 1, .activation_bits = 2, .outer_8bit = true, .image = small},
    {.weight_bits = 3, .activation_bits = 3, .image = small},
    {.weight_bits = 4, .activation_bits = 4, .outer_8bit = true, .image = small},
    {.image = small, .layers = {{"layer2.1.conv1", 4, 3}, {"layer3.0.conv2", 8, 8}, {"layer1.1.conv2", 1, 2}}},
    {.network = "vgg_small", .image = small},
    {.network = "vgg_small", .weight_bits = 3, .activation_bits = 3, .outer_8bit = true, .image = small},
    {.network = "resnet18", .image = {3, 32, 32}},
};
INSTANTIATE_TEST_SUITE_P(Models, CompiledKind, testing::ValuesIn(kinds), KindName());

TEST(CompiledOddModel, EqualsItsDefinition) {
    expect_equal_on_every_target(settled_odd_model());
}

TEST(CompiledOddModel, EqualsItsDefinitionInBatches) {
    expect_equal_on_every_target(settled_odd_model(2), 3);
}

}  // namespace
}  // namespace dsq::tests
