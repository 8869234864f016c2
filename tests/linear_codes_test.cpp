#include <HalideBuffer.h>
#include <gtest/gtest.h>

#include "dsq_test_linear_codes_16.h"
#include "dsq_test_linear_codes_8.h"
#include "tests/support/expectations.h"
#include "tests/support/guarded_tensor.h"
#include "tests/support/instruction_sets.h"
#include "tests/support/integer_graphs.h"

namespace dsq::tests {
namespace {

class LinearCodes : public OnEveryInstructionSet {};
DSQ_ON_EVERY_INSTRUCTION_SET(LinearCodes);

constexpr int batch = 2;

struct Layer {
    int in, out;
};

LinearNode random_layer(Random &random, const Layer &layer, int bits) {
    LinearNode node{.input = 0, .output = 1, .activation_bits = bits};
    node.weights = random_codes(random, static_cast<std::size_t>(layer.in * layer.out), {-127, 127});
    node.scale = random_reals(random, static_cast<std::size_t>(layer.out), 0.0001F, 0.01F);
    node.bias = random_reals(random, static_cast<std::size_t>(layer.out), -1.0F, 1.0F);
    return node;
}

// The kernel's outputs for two images against the interpreter's, bit for bit.
void expect_equal(LinearNode node, const Layer &layer, const std::vector<float> &images) {
    GuardedTensor<float> input(images), scale(node.scale), bias(node.bias);
    GuardedTensor<std::int8_t> weights(node.weights);
    GuardedTensor<float> output(static_cast<std::size_t>(layer.out * batch));
    Halide::Runtime::Buffer<float, 2> in(input.span().data(), layer.in, batch);
    Halide::Runtime::Buffer<std::int8_t, 2> of_weights(weights.span().data(), layer.in, layer.out);
    Halide::Runtime::Buffer<float, 1> scales(scale.span().data(), layer.out), biases(bias.span().data(), layer.out);
    Halide::Runtime::Buffer<float, 2> out(output.span().data(), layer.out, batch);
    const auto kernel = node.activation_bits == 8 ? dsq_test_linear_codes_8 : dsq_test_linear_codes_16;
    ASSERT_EQ(kernel(in, of_weights, scales, biases, out), 0);
    for (int n = 0; n < batch; ++n) {
        const auto first = images.begin() + std::ptrdiff_t{n} * layer.in;
        const auto expected = evaluated({reals("in", {layer.in, 1, 1}), reals("out", {layer.out, 1, 1})},
                                        {.reals = {first, first + layer.in}},
                                        node);
        const auto own = output.span().subspan(static_cast<std::size_t>(n * layer.out), expected[1].reals.size());
        EXPECT_EQ(bits(own), bits(expected[1].reals)) << layer.in << " to " << layer.out;
    }
}

TEST_P(LinearCodes, EqualTheInterpreter) {
    Random random(1);
    for (const int bits : {8, 16}) {
        for (const Layer &layer : {Layer{64, 10}, Layer{512, 100}, Layer{1, 1}, Layer{17, 3}, Layer{7, 9}}) {
            const LinearNode node = random_layer(random, layer, bits);
            const auto count = static_cast<std::size_t>(layer.in * batch);
            expect_equal(node, layer, random_reals(random, count, -3.0F, 5.0F));
            // Whole numbers up to the largest, so that many lie on ties.
            std::vector<float> whole(count);
            for (float &x : whole) x = static_cast<float>(integer(random, -254, 254)) * 0.5F;
            expect_equal(node, layer, whole);
        }
    }
}

TEST_P(LinearCodes, AnImageOfZerosGivesTheBias) {
    Random random(2);
    const Layer layer{24, 5};
    std::vector<float> images = random_reals(random, 48, -1.0F, 1.0F);
    std::fill_n(images.begin(), 24, 0.0F);
    expect_equal(random_layer(random, layer, 16), layer, images);
}

}  // namespace
}  // namespace dsq::tests
