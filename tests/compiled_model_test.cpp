// Whole models through the compiler: every tensor of every library equals the interpreter's, on every target that this
// machine runs.
#include <gtest/gtest.h>

#include "compile/observe_library.h"
#include "model/integer_interpreter.h"
#include "tests/support/settled_model.h"
#include "tests/support/temporary_folder.h"

namespace dsq::tests {
namespace {

struct Count {
    std::size_t compared = 0, differing = 0;
};

template <typename Element>
void count(const std::vector<Element> &expected, const std::vector<Element> &found, Count &count) {
    count.compared += expected.size();
    if (expected.size() != found.size()) ++count.differing;
    for (std::size_t i = 0; i < std::min(expected.size(), found.size()); ++i) {
        count.differing += expected[i] == found[i] ? 0 : 1;
    }
}

// A library with the kernels of one instruction set, run on two batches.
void expect_equal(const Model &model, ProgramOptions options, const TargetVariant &variant) {
    SCOPED_TRACE(options.target.name + ", " + variant.name);
    constexpr int runs = 2;
    options.name = "model";
    options.core = options.target.cores.front();
    options.target.variants = {variant};
    const dsq::TemporaryFolder folder;
    CompiledModel compiled;
    Status status = compile_model(model, options, folder.path(), 2, compiled);
    ASSERT_TRUE(status.ok()) << status.message();
    const std::vector<std::uint8_t> pixels = random_pixels(model.network.input, runs * options.batch, 3);
    const std::size_t size = pixels.size() / runs;
    Count all;
    status = observe_library(compiled,
                             0,
                             folder.path(),
                             {.program = {options.target.linker, options.target.runner, ""}},
                             pixels,
                             runs,
                             [&](int run, const std::vector<TensorValues> &tensors) {
                                 IntegerTrace trace;
                                 const auto images =
                                     std::span(pixels).subspan(static_cast<std::size_t>(run) * size, size);
                                 const Status interpreted = interpret(compiled.graph, images, options.batch, trace);
                                 for (std::size_t t = 0; t < trace.tensors.size(); ++t) {
                                     count(trace.tensors[t].codes, tensors[t].codes, all);
                                     count(trace.tensors[t].reals, tensors[t].reals, all);
                                 }
                                 return interpreted;
                             });
    EXPECT_TRUE(status.ok()) << status.message();
    EXPECT_GT(all.compared, std::size_t{1000});
    EXPECT_EQ(all.differing, std::size_t{0});
}

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
