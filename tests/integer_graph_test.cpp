#include "model/integer_graph.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/expectations.h"
#include "tests/support/integer_graphs.h"

namespace dsq::tests {
namespace {

template <typename Operation>
Operation &operation(IntegerGraph &graph, std::size_t node) {
    return std::get<Operation>(graph.nodes[node].operation);
}
RealEpilogue &real_epilogue(IntegerGraph &graph, std::size_t node) {
    return std::get<RealEpilogue>(operation<ConvolutionNode>(graph, node).epilogue);
}
ThresholdEpilogue &threshold_epilogue(IntegerGraph &graph, std::size_t node) {
    return std::get<ThresholdEpilogue>(operation<ConvolutionNode>(graph, node).epilogue);
}

TEST(IntegerGraph, AValidOneIsValid) {
    assert_ok(validate(small_graph(1)));
}

struct Damage {
    void (*damage)(IntegerGraph &graph);
    const char *message;
};

const Damage damages[] = {
    {[](auto &g) { g.tensors[1].shape.width = 0; }, "tensor \"first\": extent of 8x0x6: expected at least 1, found 0"},
    {[](auto &g) {
         g.tensors[1].shape = {1 << 20, 1 << 10, 1 << 10};
     },
     "tensor \"first\": shape: expected at most"},
    {[](auto &g) {
         g.tensors[2].range = {-200, 1};
     },
     "tensor \"first codes\": range: expected codes in -128..127, found -200..1"},
    {[](auto &g) { g.tensors[2].padding[3] = 2; }, "tensor \"first codes\": padding: expected codes in -2..1, found 2"},
    {[](auto &g) { g.tensors[2].padding.pop_back(); }, "tensor \"first codes\": padding: expected 8, found 7"},
    {[](auto &g) { g.tensors[2].padding.clear(); },
     "node \"second\": input \"first codes\": expected padding, found none"},
    {[](auto &g) { operation<InputNode>(g, 0).codes = 12; },
     "node \"image\": codes: expected a tensor below 12, found 12"},
    {[](auto &g) { operation<InputNode>(g, 0).codes = 1; },
     "node \"image\": codes \"first\": expected codes, found reals"},
    {[](auto &g) { operation<ConvolutionNode>(g, 1).input = 7; },
     "node \"first\": input \"depthwise\": expected a tensor that is already written, found none"},
    {[](auto &g) { real_epilogue(g, 3).output = 1; },
     "node \"second\": output \"first\": expected a tensor of its own, found one written before"},
    {[](auto &g) { g.tensors[4].shape.height = 4; },
     "node \"second\": shape of output \"second\": expected 12x4x3, found 12x4x4"},
    {[](auto &g) { operation<ConvolutionNode>(g, 1).stride = 0; },
     "node \"first\": stride: expected at least 1, found 0"},
    {[](auto &g) { operation<ConvolutionNode>(g, 1).weights.kernel = 2; },
     "node \"first\": kernel: expected an odd extent, found 2"},
    {[](auto &g) { operation<ConvolutionNode>(g, 1).weights.values.pop_back(); },
     "node \"first\": weights: expected 216, found 215"},
    {[](auto &g) { operation<ConvolutionNode>(g, 3).weights.values[5] = 2; },
     "node \"second\": weights: expected codes in -2..1, found 2"},
    {[](auto &g) { operation<ConvolutionNode>(g, 3).offset_shift = 25; },
     "node \"second\": accumulators: expected at most 32 bits, found more, in channel"},
    {[](auto &g) { operation<ConvolutionNode>(g, 3).offset = 1 << 30; }, "node \"second\": accumulators: expected"},
    {[](auto &g) { real_epilogue(g, 1).scale.pop_back(); }, "node \"first\": scale: expected 8, found 7"},
    {[](auto &g) { real_epilogue(g, 1).shift[2] = std::nanf(""); },
     "node \"first\": shift: expected finite numbers, found nan"},
    {[](auto &g) { real_epilogue(g, 1).clamp_lower = std::nanf(""); },
     "node \"first\": clamp: expected bounds that rise, found nan..inf"},
    {[](auto &g) { real_epilogue(g, 1).grid.step = 0.0F; }, "node \"first\": grid.step: expected a positive number"},
    {[](auto &g) { real_epilogue(g, 1).grid.levels = 7; },
     "node \"first\": codes \"first codes\": expected codes in -2..1, found -2..5"},
    {[](auto &g) { real_epilogue(g, 3).residual = 1; },
     "node \"second\": shape of residual: expected 12x4x3, found 8x7x6"},
    {[](auto &g) { real_epilogue(g, 6).output = no_tensor_index; },
     "node \"flat\": output: expected reals, codes or both, found neither"},
    {[](auto &g) { threshold_epilogue(g, 5).thresholds.pop_back(); },
     "node \"depthwise\": thresholds: expected a multiple of 12, found 35"},
    {[](auto &g) { threshold_epilogue(g, 5).thresholds[24] = -9; },
     "node \"depthwise\": thresholds: expected at least"},
    {[](auto &g) { threshold_epilogue(g, 5).flips[0] = 1; }, "node \"depthwise\": flips: expected -1..0, found 1"},
    {[](auto &g) { operation<ShortcutNode>(g, 2).stride = 3; },
     "node \"shortcut\": shape of output \"shortcut\": expected 12x3x2, found 12x4x3"},
    {[](auto &g) { operation<MaxPoolNode>(g, 4).kernel = 4; },
     "node \"pool\": kernel without its padding: expected -3..3, found 4"},
    {[](auto &g) { operation<MaxPoolNode>(g, 4).padding = 2; }, "node \"pool\": padding: expected 0..1, found 2"},
    {[](auto &g) {
         g.tensors[6].range = {-2, 0};
     },
     "node \"pool\": range of the output: expected -2..1, found -2..0"},
    {[](auto &g) { operation<LinearNode>(g, 9).weights.pop_back(); },
     "node \"logits\": weights: expected 120, found 119"},
    {[](auto &g) { operation<LinearNode>(g, 9).bias[1] = std::numeric_limits<float>::infinity(); },
     "node \"logits\": bias: expected finite numbers, found inf"},
    {[](auto &g) { g.logits = 9; }, "graph \"small\": logits \"quantized\": expected reals, found codes"},
    {[](auto &g) { g.logits = 4; }, "graph \"small\": shape of logits: expected 12x1x1, found 12x4x3"},
};

TEST(IntegerGraph, WhatIsInconsistentIsNamed) {
    for (const Damage &damage : damages) {
        IntegerGraph graph = small_graph(1);
        damage.damage(graph);
        expect_error(validate(graph), ErrorCode::invalid_argument, damage.message);
    }
}

// 65536 inputs with codes and weights of 8 bits reach 2^30; with 16 bits of activations they would leave 32.
TEST(IntegerGraph, SumsOfALinearLayerFit32Bits) {
    constexpr int in = 1 << 16;
    IntegerGraph graph{.name = "wide", .input = {in, 1, 1}};
    graph.tensors = {
        codes("image", {in, 1, 1}, {-128, 127}, 0), reals("reals", {in, 1, 1}), reals("logits", {1, 1, 1})};
    RealEpilogue own{std::vector<float>(in, 1.0F), std::vector<float>(in, 0.0F)};
    own.output = 1;
    LinearNode linear{.input = 1, .output = 2, .activation_bits = 8};
    linear.weights.assign(in, 127);
    linear.scale = linear.bias = {1.0F};
    graph.nodes = {{"image", InputNode{0}},
                   {"own",
                    ConvolutionNode{.input = 0,
                                    .weights = {in, 1, 1, std::vector<std::int16_t>(in, 1)},
                                    .weight_range = {-128, 127},
                                    .depthwise = true,
                                    .epilogue = own}},
                   {"logits", linear}};
    graph.logits = 2;
    assert_ok(validate(graph));
    operation<LinearNode>(graph, 2).activation_bits = 16;
    expect_error(
        validate(graph), ErrorCode::invalid_argument, "node \"logits\": sums: expected at most 32 bits, found");
}

}  // namespace
}  // namespace dsq::tests
