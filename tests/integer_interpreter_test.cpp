#include "model/integer_interpreter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "tests/support/expectations.h"
#include "tests/support/integer_graphs.h"

namespace dsq::tests {
namespace {

using Codes = std::vector<std::int8_t>;
using Reals = std::vector<float>;

TEST(IntegerInterpreter, PixelsAreTheNearestOfReals) {
    EXPECT_EQ(pixel_of(-0.1F), 0);
    EXPECT_EQ(pixel_of(0.4F / 255), 0);
    EXPECT_EQ(pixel_of(0.6F / 255), 1);
    EXPECT_EQ(pixel_of(127.5F / 255), 128);
    EXPECT_EQ(pixel_of(1.0F), 255);
    EXPECT_EQ(pixel_of(2.0F), 255);
    EXPECT_EQ(pixel_of(std::nanf("")), 0);
    for (int pixel = 0; pixel < 256; ++pixel) EXPECT_EQ(pixel_of(static_cast<float>(pixel) / 255.0F), pixel);
}

TEST(IntegerInterpreter, CodesOfRealsAreTheNearestOnTheGrid) {
    const CodeGrid grid{.lower = -1.0F, .step = 0.5F, .inverse_step = 2.0F, .levels = 3, .lowest = -2};
    const Reals values{-9.0F, -0.76F, -0.75F, -0.26F, -0.25F, 0.24F, 0.25F, 9.0F, std::nanf("")};
    const Codes expected{-2, -2, -1, -1, 0, 0, 1, 1, -2};
    const auto written = evaluated({reals("reals", {9, 1, 1}), codes("codes", {9, 1, 1}, {-2, 1}, 0)},
                                   {.reals = values},
                                   QuantizeNode{0, 1, grid});
    EXPECT_EQ(written[1].codes, expected);
    EXPECT_EQ(code_of({.lower = 0.0F, .step = 1.0F, .inverse_step = 1.0F, .levels = 1, .lowest = -1, .distance = 2}, 3),
              1);
}

// One row of 1, 2, 3 with -4 around it, under the weights 1, 10, 100 of the window's middle row.
TEST(IntegerInterpreter, AWindowSeesThePaddingAroundTheImage) {
    ConvolutionNode node{.input = 0, .weights = {1, 1, 3, {0, 0, 0, 1, 10, 100, 0, 0, 0}}, .weight_range = {0, 100}};
    RealEpilogue epilogue{{1.0F}, {0.0F}};
    epilogue.output = 1;
    node.epilogue = epilogue;
    const std::vector<IntegerTensor> tensors{codes("codes", {1, 3, 1}, {-4, 3}, -4), reals("reals", {1, 3, 1})};
    EXPECT_EQ(evaluated(tensors, {.codes = {1, 2, 3}}, node)[1].reals, (Reals{206, 321, -368}));
    node.offset_shift = 1;
    node.offset = 1000;
    // The codes of the first window add up to 7 * -4 + 1 + 2 = -25.
    EXPECT_EQ(evaluated(tensors, {.codes = {1, 2, 3}}, node)[1].reals,
              (Reals{2 * 206 - 25'000, 2 * 321 - 18'000, 2 * -368 - 23'000}));
    node.stride = 2;
    const std::vector<IntegerTensor> strided{tensors[0], reals("reals", {1, 2, 1})};
    EXPECT_EQ(evaluated(strided, {.codes = {1, 2, 3}}, node)[1].reals, (Reals{2 * 206 - 25'000, 2 * -368 - 23'000}));
}

TEST(IntegerInterpreter, CodesCountTheThresholdsThatAnAccumulatorHasReached) {
    ConvolutionNode node{.input = 0, .weights = {2, 1, 1, {1, 1}}, .weight_range = {0, 1}};
    // The second channel falls: ~a >= t is a <= ~t, so its thresholds stand for a <= 3, 1 and -1.
    node.epilogue =
        ThresholdEpilogue{.lowest = -2, .thresholds = {-1, ~3, 1, ~1, 3, ~-1}, .flips = {0, -1}, .codes = 1};
    const std::vector<IntegerTensor> tensors{codes("codes", {1, 6, 1}, {-8, 7}, 0),
                                             codes("counts", {2, 6, 1}, {-2, 1}, 0)};
    EXPECT_EQ(evaluated(tensors, {.codes = {-2, -1, 0, 1, 3, 4}}, node)[1].codes,
              (Codes{-2, 1, -1, 1, -1, 0, 0, 0, 1, -1, 1, -2}));
}

TEST(IntegerInterpreter, EachOperationOfARealIsRoundedByItself) {
    ConvolutionNode node{.input = 0, .weights = {1, 1, 1, {1}}, .weight_range = {1, 1}};
    // 3 * (1 + 2^-23) needs a bit more than a float has: a fused addition of -3 would leave 3 * 2^-23.
    RealEpilogue epilogue{{std::nextafter(1.0F, 2.0F)}, {-3.0F}};
    epilogue.output = 1;
    node.epilogue = epilogue;
    EXPECT_EQ(
        evaluated({codes("codes", {1, 1, 1}, {-4, 3}, 0), reals("real", {1, 1, 1})}, {.codes = {3}}, node)[1].reals,
        (Reals{std::ldexp(4.0F, -23)}));
}

TEST(IntegerInterpreter, FlattensInTheOrderOfTheLayout) {
    ConvolutionNode node{.input = 0, .weights = {1, 6, 1, {1, 2, 3, 4, 5, 6}}, .weight_range = {1, 6}, .flatten = true};
    RealEpilogue epilogue{{0.5F}, {1.0F}};
    epilogue.output = 1;
    node.epilogue = epilogue;
    EXPECT_EQ(
        evaluated(
            {codes("codes", {3, 2, 1}, {-4, 3}, 0), reals("real", {1, 1, 1})}, {.codes = {1, 0, 0, 0, 0, 3}}, node)[1]
            .reals,
        (Reals{10.5F}));
}

TEST(IntegerInterpreter, AShortcutPutsItsChannelsBetweenZeros) {
    EXPECT_EQ(
        evaluated(
            {reals("in", {2, 3, 1}), reals("out", {4, 2, 1})}, {.reals = {1, 2, 3, 4, 5, 6}}, ShortcutNode{0, 1, 2})[1]
            .reals,
        (Reals{0, 1, 2, 0, 0, 5, 6, 0}));
}

TEST(IntegerInterpreter, PoolsThePixelsInsideTheImage) {
    const MaxPoolNode node{0, 1, 3, 2, 1, {0, -1}};
    const Shape in{2, 3, 1}, out{2, 2, 1};
    EXPECT_EQ(
        evaluated(
            {codes("in", in, {-8, 7}, 7), codes("out", out, {-8, 7}, 7)}, {.codes = {-3, 5, -2, 4, -1, 6}}, node)[1]
            .codes,
        (Codes{-2, 4, -1, 4}));
    EXPECT_EQ(evaluated({reals("in", in), reals("out", out)}, {.reals = {-3, 5, -2, 4, -1, 6}}, node)[1].reals,
              (Reals{-2, 4, -1, 4}));
}

TEST(IntegerInterpreter, AveragesInTheOrderOfTheLayout) {
    // 2^24 + 1 is no float: added one by one, the ones are lost; added up first, they would not be.
    EXPECT_EQ(evaluated({reals("in", {1, 2, 2}), reals("out", {1, 1, 1})},
                        {.reals = {std::ldexp(1.0F, 24), 1, 1, 1}},
                        GlobalAveragePoolNode{0, 1})[1]
                  .reals,
              (Reals{std::ldexp(1.0F, 22)}));
}

TEST(IntegerInterpreter, ALinearLayerQuantizesByTheLargestMagnitude) {
    // L = 7: -2 is code -7, 1 is 3.5 and rounds up to 4, -1 is -3.5 and rounds up to -3.
    LinearNode node{.input = 0, .output = 1, .activation_bits = 4, .weights = {1, 10, 100, 0, 0, 0}};
    node.scale = {0.5F, 2.0F};
    node.bias = {1.0F, -5.0F};
    const std::vector<IntegerTensor> tensors{reals("in", {3, 1, 1}), reals("out", {2, 1, 1})};
    const Reals logits = evaluated(tensors, {.reals = {-2, 1, -1}}, node)[1].reals;
    EXPECT_FLOAT_EQ(logits[0], (-7 + 40 - 300) * 0.5F * (2.0F / 7.0F) + 1.0F);
    EXPECT_EQ(logits[1], -5.0F);
    EXPECT_EQ(evaluated(tensors, {.reals = {0, 0, 0}}, node)[1].reals, node.bias);
}

std::vector<std::uint8_t> random_pixels(unsigned seed, std::size_t count) {
    Random random(seed);
    std::vector<std::uint8_t> pixels(count);
    for (std::uint8_t &pixel : pixels) pixel = static_cast<std::uint8_t>(random());
    return pixels;
}

// What integer_graph.h says of an accumulator, as it stands there.
std::int32_t accumulator_of(
    const ConvolutionNode &node, const IntegerTensor &input, const Codes &codes, int channel, int x, int y) {
    const Shape &shape = input.shape;
    const int half = node.weights.kernel / 2;
    std::int32_t sum = 0, seen = 0;
    for (int ky = 0; ky < node.weights.kernel; ++ky) {
        for (int kx = 0; kx < node.weights.kernel; ++kx) {
            for (int i = 0; i < node.weights.in_channels; ++i) {
                const int in = node.depthwise ? channel : i;
                const int u = x * node.stride + kx - half, v = y * node.stride + ky - half;
                const bool inside = u >= 0 && u < shape.width && v >= 0 && v < shape.height;
                const int code = inside ? codes[std::size_t((v * shape.width + u) * shape.channels + in)]
                                        : input.padding[std::size_t(in)];
                sum += code * node.weights.at(channel, i, ky, kx);
                seen += code;
            }
        }
    }
    return sum * (1 << node.offset_shift) + node.offset * seen;
}

// A convolution of random codes between tensors: 0, 1 of codes, 2 a residual, 3 reals, 4 their codes.
struct RandomConvolution {
    ConvolutionNode node;
    std::vector<IntegerTensor> tensors;
    std::vector<TensorValues> values;
};

RandomConvolution random_convolution(Random &random, bool depthwise, CodeRange weights) {
    const int in = integer(random, 1, 19), out = depthwise ? in : integer(random, 1, 19);
    const int stride = integer(random, 1, 2), width = integer(random, 1, 7), height = integer(random, 1, 7);
    const Shape shape{in, width, height}, result{out, (width + stride - 1) / stride, (height + stride - 1) / stride};
    RandomConvolution made{.node = {.input = 0, .stride = stride, .depthwise = depthwise},
                           .tensors = {codes("in", shape, {-128, 127}, 0),
                                       codes("codes", result, {-2, 1}, 0),
                                       reals("residual", result),
                                       reals("reals", result),
                                       codes("codes of reals", result, {-2, 1}, 0)},
                           .values = std::vector<TensorValues>(5)};
    for (int &padding : made.tensors[0].padding) padding = integer(random, -128, 127);
    made.values[0].codes = random_codes(random, element_count(shape), {-128, 127});
    made.values[2].reals = random_reals(random, element_count(result), -1.0F, 1.0F);
    made.node.weights = {out, depthwise ? 1 : in, 2 * integer(random, 0, 2) + 1, {}};
    const int kernel = made.node.weights.kernel;
    for (int i = 0; i < out * made.node.weights.in_channels * kernel * kernel; ++i) {
        made.node.weights.values.push_back(static_cast<std::int16_t>(integer(random, weights.low, weights.high)));
    }
    made.node.offset = integer(random, -99, 99);
    made.node.offset_shift = integer(random, 0, 2);
    return made;
}

void compare_thresholds(RandomConvolution &made, Random &random) {
    const Shape &out = made.tensors[1].shape;
    ThresholdEpilogue epilogue{.lowest = -2, .codes = 1};
    for (int i = 0; i < 3 * out.channels; ++i) epilogue.thresholds.push_back(integer(random, -100'000, 100'000));
    for (int channel = 0; channel < out.channels; ++channel) epilogue.flips.push_back(integer(random, -1, 0));
    made.node.epilogue = epilogue;
    ImageTensors image{made.tensors, {}, made.values};
    evaluate({"node", made.node}, image);
    for (std::size_t i = 0; i < element_count(out); ++i) {
        const int channel = static_cast<int>(i) % out.channels, pixel = static_cast<int>(i) / out.channels;
        const std::int32_t accumulator = accumulator_of(
            made.node, made.tensors[0], made.values[0].codes, channel, pixel % out.width, pixel / out.width);
        int expected = -2;
        for (int level = 0; level < 3; ++level) {
            const auto threshold = epilogue.thresholds[std::size_t(level * out.channels + channel)];
            expected += (accumulator ^ epilogue.flips[std::size_t(channel)]) >= threshold ? 1 : 0;
        }
        ASSERT_EQ(image.values[1].codes[i], expected) << "element " << i;
    }
}

void compare_reals(RandomConvolution &made, Random &random) {
    const Shape &out = made.tensors[3].shape;
    const auto channels = static_cast<std::size_t>(out.channels);
    RealEpilogue epilogue{random_reals(random, channels, 1e-6F, 1e-4F), random_reals(random, channels, -1.0F, 1.0F), 2};
    epilogue.clamp_lower = -0.5F;
    epilogue.clamp_upper = 1.75F;
    epilogue.output = 3;
    epilogue.codes = 4;
    epilogue.grid = {.lower = -1.0F, .step = 0.75F, .inverse_step = 1.0F / 0.75F, .levels = 3, .lowest = -2};
    made.node.epilogue = epilogue;
    ImageTensors image{made.tensors, {}, made.values};
    evaluate({"node", made.node}, image);
    for (std::size_t i = 0; i < element_count(out); ++i) {
        const int channel = static_cast<int>(i) % out.channels, pixel = static_cast<int>(i) / out.channels;
        const std::int32_t accumulator = accumulator_of(
            made.node, made.tensors[0], made.values[0].codes, channel, pixel % out.width, pixel / out.width);
        const float product = static_cast<float>(accumulator) * epilogue.scale[std::size_t(channel)];
        const float sum = product + epilogue.shift[std::size_t(channel)];
        const float expected = std::clamp(sum + made.values[2].reals[i], -0.5F, 1.75F);
        ASSERT_EQ(image.values[3].reals[i], expected) << "element " << i;
        ASSERT_EQ(image.values[4].codes[i], code_of(epilogue.grid, expected)) << "element " << i;
    }
}

TEST(IntegerInterpreter, AConvolutionOfAnyShapeIsItsDefinition) {
    Random random(11);
    for (int round = 0; round < 120; ++round) {
        // 16 bits of a first layer, and as few as there are.
        const CodeRange weights = round % 3 == 0 ? CodeRange{-32767, 32767} : CodeRange{-2, 1};
        RandomConvolution made = random_convolution(random, round % 4 == 1, weights);
        SCOPED_TRACE("round " + std::to_string(round));
        compare_thresholds(made, random);
        compare_reals(made, random);
        if (HasFatalFailure()) return;
    }
}

// The first two convolutions of the small graph in float64.
TEST(IntegerInterpreter, EqualsAComputationInFloat64ToRounding) {
    const IntegerGraph graph = small_graph(7);
    const std::vector<std::uint8_t> pixels = random_pixels(1, element_count(graph.input));
    IntegerTrace trace;
    assert_ok(interpret(graph, pixels, 1, trace));
    const auto &node = std::get<ConvolutionNode>(graph.nodes[1].operation);
    const auto &epilogue = std::get<RealEpilogue>(node.epilogue);
    for (int y = 0; y < 6; ++y) {
        for (int x = 0; x < 7; ++x) {
            for (int out = 0; out < 8; ++out) {
                double sum = 0;
                for (int in = 0; in < 3; ++in) {
                    for (int ky = 0; ky < 3; ++ky) {
                        for (int kx = 0; kx < 3; ++kx) {
                            const int u = x + kx - 1, v = y + ky - 1;
                            const bool inside = u >= 0 && u < 7 && v >= 0 && v < 6;
                            const int code = inside ? pixels[std::size_t((v * 7 + u) * 3 + in)] - 128 : 5;
                            sum += code * node.weights.at(out, in, ky, kx);
                        }
                    }
                }
                const auto channel = static_cast<std::size_t>(out);
                const double real = std::max(sum * epilogue.scale[channel] + epilogue.shift[channel], 0.0);
                const auto element = static_cast<std::size_t>((y * 7 + x) * 8 + out);
                EXPECT_NEAR(trace.tensors[1].reals[element], real, 1e-4);
                const double code = std::min(std::floor(real / 0.5 + 0.5), 3.0) - 2;
                if (std::fabs(real / 0.5 - std::round(real / 0.5 - 0.5) - 0.5) > 1e-3) {
                    EXPECT_EQ(trace.tensors[2].codes[element], code);
                }
            }
        }
    }
}

TEST(IntegerInterpreter, ManyImagesGiveWhatEachGivesAlone) {
    const IntegerGraph graph = small_graph(3);
    constexpr std::size_t count = 9;
    const std::size_t size = element_count(graph.input);
    const std::vector<std::uint8_t> pixels = random_pixels(2, count * size);
    IntegerTrace all;
    assert_ok(interpret(graph, pixels, count, all));
    for (std::size_t number = 0; number < count; ++number) {
        IntegerTrace one;
        assert_ok(interpret(graph, std::span(pixels).subspan(number * size, size), 1, one));
        EXPECT_EQ(one.logits,
                  Reals(all.logits.begin() + long(number * 10), all.logits.begin() + long(number * 10 + 10)));
        for (std::size_t tensor = 0; tensor < graph.tensors.size(); ++tensor) {
            const Codes &codes = all.tensors[tensor].codes, &own = one.tensors[tensor].codes;
            EXPECT_TRUE(std::equal(own.begin(), own.end(), codes.begin() + long(number * own.size())));
        }
    }
    Reals logits;
    assert_ok(interpret_logits(graph, pixels, count, logits));
    EXPECT_EQ(logits, all.logits);
}

TEST(IntegerInterpreter, RealsGiveWhatTheirPixelsGive) {
    const IntegerGraph graph = small_graph(4);
    const std::vector<std::uint8_t> pixels = random_pixels(3, 2 * element_count(graph.input));
    Reals images;
    for (const std::uint8_t pixel : pixels) images.push_back(static_cast<float>(pixel) / 255.0F);
    IntegerTrace of_pixels, of_reals;
    assert_ok(interpret(graph, pixels, 2, of_pixels));
    assert_ok(interpret(graph, images, 2, of_reals));
    EXPECT_EQ(of_pixels.logits, of_reals.logits);
}

TEST(IntegerInterpreter, WhatDoesNotFitIsNamed) {
    IntegerGraph graph = small_graph(1);
    const std::vector<std::uint8_t> pixels(2 * element_count(graph.input));
    IntegerTrace trace;
    expect_error(interpret(graph, pixels, 3, trace),
                 ErrorCode::mismatched_buffers,
                 "images: expected 3 x 126 elements, found 252");
    expect_error(interpret(graph, pixels, -1, trace), ErrorCode::mismatched_buffers, "images: expected -1 x 126");
    graph.tensors[1].shape.channels = 7;
    expect_error(interpret(graph, pixels, 2, trace), ErrorCode::invalid_argument, "node \"first\": shape of output");
}

}  // namespace
}  // namespace dsq::tests
