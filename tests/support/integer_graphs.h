// Graphs of integers for tests: one node among its tensors, and a small network with a node of every kind.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "model/integer_nodes.h"
#include "tests/support/samples.h"

namespace dsq::tests {

inline IntegerTensor reals(std::string name, Shape shape) {
    return {.name = std::move(name), .shape = shape};
}

// Codes; a window sees `padding` outside the image, in all channels.
inline IntegerTensor codes(std::string name, Shape shape, CodeRange range, int padding) {
    return {.name = std::move(name),
            .shape = shape,
            .is_codes = true,
            .range = range,
            .padding = std::vector<int>(static_cast<std::size_t>(shape.channels), padding)};
}

inline int integer(Random &random, int low, int high) {
    return low + static_cast<int>(random() % static_cast<unsigned>(high - low + 1));
}

inline std::vector<std::int8_t> random_codes(Random &random, std::size_t count, CodeRange range) {
    std::vector<std::int8_t> values(count);
    for (std::int8_t &value : values) value = static_cast<std::int8_t>(integer(random, range.low, range.high));
    return values;
}

inline std::vector<float> random_reals(Random &random, std::size_t count, float from, float to) {
    std::vector<float> values(count);
    for (float &value : values) value = uniform(random, from, to);
    return values;
}

inline CodeWeights random_weights(Random &random, int out, int in, int kernel, CodeRange range) {
    const std::size_t count = std::size_t(out) * std::size_t(in) * std::size_t(kernel) * std::size_t(kernel);
    const std::vector<std::int8_t> codes = random_codes(random, count, range);
    return {out, in, kernel, {codes.begin(), codes.end()}};
}

// The values of `tensors` for one image, with `values` as that of the first, after `operation` has run.
inline std::vector<TensorValues> evaluated(const std::vector<IntegerTensor> &tensors,
                                           TensorValues values,
                                           IntegerOperation operation) {
    ImageTensors image{tensors, {}, std::vector<TensorValues>(tensors.size())};
    image.values[0] = std::move(values);
    evaluate({"node", std::move(operation)}, image);
    return image.values;
}

// An image of 3 x 7 x 6; the grids are of 2 bits.
inline IntegerGraph small_graph(unsigned seed) {
    constexpr CodeRange two_bits{-2, 1};
    const CodeGrid grid{.lower = 0.0F, .step = 0.5F, .inverse_step = 2.0F, .levels = 3, .lowest = -2};
    Random random(seed);
    IntegerGraph graph{.name = "small", .input = {3, 7, 6}};
    graph.tensors = {codes("image", {3, 7, 6}, {-128, 127}, 5),
                     reals("first", {8, 7, 6}),
                     codes("first codes", {8, 7, 6}, two_bits, -2),
                     reals("shortcut", {12, 4, 3}),
                     reals("second", {12, 4, 3}),
                     codes("second codes", {12, 4, 3}, two_bits, -2),
                     codes("pool", {12, 3, 2}, two_bits, -2),
                     codes("depthwise", {12, 3, 2}, two_bits, -2),
                     reals("flat", {5, 1, 1}),
                     codes("quantized", {12, 4, 3}, two_bits, -2),
                     reals("average", {12, 1, 1}),
                     reals("logits", {10, 1, 1})};

    RealEpilogue first{random_reals(random, 8, 0.0005F, 0.002F), random_reals(random, 8, -1.0F, 1.0F)};
    first.clamp_lower = 0.0F;
    first.output = 1;
    first.codes = 2;
    first.grid = grid;
    RealEpilogue second{random_reals(random, 12, 0.01F, 0.05F), random_reals(random, 12, -1.0F, 1.0F), 3};
    second.clamp_upper = 6.0F;
    second.output = 4;
    second.codes = 5;
    second.grid = grid;
    ThresholdEpilogue depthwise{.lowest = -2, .codes = 7};
    for (const int level : {-3, 0, 4}) {
        for (int channel = 0; channel < 12; ++channel) depthwise.thresholds.push_back(level + integer(random, -1, 1));
    }
    for (int channel = 0; channel < 12; ++channel) depthwise.flips.push_back(integer(random, -1, 0));
    RealEpilogue flat{random_reals(random, 5, 0.01F, 0.05F), random_reals(random, 5, -1.0F, 1.0F)};
    flat.output = 8;
    LinearNode linear{.input = 10, .output = 11, .weights = random_codes(random, 120, {-127, 127})};
    linear.scale = random_reals(random, 10, 0.001F, 0.01F);
    linear.bias = random_reals(random, 10, -1.0F, 1.0F);

    const auto convolution = [&](int input, int out, int in, int kernel, int stride, CodeRange range, auto epilogue) {
        return ConvolutionNode{.input = input,
                               .weights = random_weights(random, out, in, kernel, range),
                               .weight_range = range,
                               .stride = stride,
                               .epilogue = std::move(epilogue)};
    };
    ConvolutionNode second_convolution = convolution(2, 12, 8, 3, 2, two_bits, second);
    second_convolution.offset = 3;
    second_convolution.offset_shift = 1;
    ConvolutionNode depthwise_convolution = convolution(6, 12, 1, 3, 1, two_bits, depthwise);
    depthwise_convolution.depthwise = true;
    depthwise_convolution.offset = -1;
    ConvolutionNode flat_convolution = convolution(7, 5, 72, 1, 1, two_bits, flat);
    flat_convolution.flatten = true;

    graph.nodes = {{"image", InputNode{0}},
                   {"first", convolution(0, 8, 3, 3, 1, {-128, 127}, first)},
                   {"shortcut", ShortcutNode{1, 3, 2}},
                   {"second", second_convolution},
                   {"pool", MaxPoolNode{5, 6, 2, 1, 0, std::vector<std::int32_t>(12, -1)}},
                   {"depthwise", depthwise_convolution},
                   {"flat", flat_convolution},
                   {"quantized", QuantizeNode{4, 9, grid}},
                   {"average", GlobalAveragePoolNode{4, 10}},
                   {"logits", linear}};
    graph.logits = 11;
    return graph;
}

}  // namespace dsq::tests
