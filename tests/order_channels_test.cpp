#include "compile/order_channels.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "compile/lower.h"
#include "compile/run_length.h"
#include "compile/winograd_transform.h"
#include "model/integer_interpreter.h"
#include "tests/support/settled_model.h"

namespace dsq::tests {
namespace {

struct Graphs {
    IntegerGraph lowered, ordered;
};

Graphs graphs_of(const Model &model) {
    Graphs graphs;
    Status status = lower(model, graphs.lowered);
    if (status.ok()) status = validate(graphs.lowered);
    graphs.ordered = graphs.lowered;
    order_channels(graphs.ordered);
    if (status.ok()) status = validate(graphs.ordered);
    EXPECT_TRUE(status.ok()) << status.message();
    return graphs;
}

IntegerTrace trace_of(const IntegerGraph &graph, const std::vector<std::uint8_t> &pixels, int images) {
    IntegerTrace trace;
    const Status status = interpret(graph, pixels, images, trace);
    EXPECT_TRUE(status.ok()) << status.message();
    return trace;
}

// The elements of each pixel, whatever their order.
template <typename Element>
std::vector<Element> sorted_pixels(std::vector<Element> values, const IntegerTensor &tensor) {
    for (auto pixel = values.begin(); pixel != values.end(); pixel += tensor.shape.channels) {
        std::sort(pixel, pixel + tensor.shape.channels);
    }
    return values;
}

// Returns how many tensors have another order.
std::size_t expect_same_but_for_the_order(const Model &model) {
    constexpr int images = 2;
    const Graphs graphs = graphs_of(model);
    const std::vector<std::uint8_t> pixels = random_pixels(model.network.input, images, 5);
    const IntegerTrace lowered = trace_of(graphs.lowered, pixels, images);
    const IntegerTrace ordered = trace_of(graphs.ordered, pixels, images);
    std::size_t moved = 0;
    for (std::size_t t = 0; t < graphs.lowered.tensors.size(); ++t) {
        const IntegerTensor &tensor = graphs.lowered.tensors[t];
        const TensorValues &a = lowered.tensors[t], &b = ordered.tensors[t];
        EXPECT_EQ(sorted_pixels(a.codes, tensor), sorted_pixels(b.codes, tensor)) << tensor.name;
        EXPECT_EQ(sorted_pixels(a.reals, tensor), sorted_pixels(b.reals, tensor)) << tensor.name;
        moved += a.codes != b.codes ? 1 : 0;
    }
    const auto logits = static_cast<std::size_t>(graphs.lowered.logits);
    EXPECT_EQ(lowered.tensors[logits].reals, ordered.tensors[logits].reals);
    return moved;
}

ConvolutionNode &convolution(IntegerGraph &graph, const std::string &name) {
    const auto found = std::find_if(
        graph.nodes.begin(), graph.nodes.end(), [&](const IntegerNode &node) { return node.name == name; });
    return std::get<ConvolutionNode>(found->operation);
}

// Of Winograd's position in the middle, where products are largest.
int run_in_the_middle(const CodeWeights &weights, CodeRange codes) {
    CodeWeights transformed;
    WinogradRanges ranges;
    EXPECT_TRUE(transform_weights(weights, transformed).ok());
    EXPECT_TRUE(transform_range(codes, ranges).ok());
    return longest_runs(WorstProducts(transformed, ranges), identity_order(weights.in_channels), 8)[5];
}

TEST(OrderChannels, KeepsWhatIsComputed) {
    EXPECT_GT(expect_same_but_for_the_order(settled_model({})), 0U);
}

TEST(OrderChannels, KeepsWhatIsComputedWhereShortcutsProject) {
    EXPECT_GT(expect_same_but_for_the_order(settled_model({.network = "resnet18", .image = {3, 32, 32}})), 0U);
}

TEST(OrderChannels, KeepsWhatIsComputedWhereImagesBecomeVectors) {
    EXPECT_GT(expect_same_but_for_the_order(settled_model({.network = "vgg_small", .image = {3, 32, 32}})), 0U);
}

TEST(OrderChannels, KeepsWhatIsComputedWithMixedBits) {
    expect_same_but_for_the_order(settled_odd_model());
}

TEST(OrderChannels, SpreadsLargeWeightsOverTheRuns) {
    IntegerGraph graph = graphs_of(settled_model({})).lowered;
    ConvolutionNode &node = convolution(graph, "layer1.0.relu2");
    std::size_t tap = 0;
    for (std::int16_t &weight : node.weights.values) weight = tap++ / 9 % 16 < 4 ? 1 : 0;
    const CodeRange codes = graph.tensors[static_cast<std::size_t>(node.input)].range;
    EXPECT_EQ(run_in_the_middle(node.weights, codes), 1);
    order_channels(graph);
    EXPECT_EQ(run_in_the_middle(convolution(graph, "layer1.0.relu2").weights, codes), 4);
}

}  // namespace
}  // namespace dsq::tests
