#include "operators/pooling.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/reference/pooling.h"
#include "tests/support/expectations.h"
#include "tests/support/guarded_images.h"
#include "tests/support/instruction_sets.h"

namespace dsq::tests {
namespace {

class Pooling : public OnEveryInstructionSet {};
DSQ_ON_EVERY_INSTRUCTION_SET(Pooling);

struct Case {
    PoolShape shape;
    ImageShape input;
    int out_border = 0;

    ImageShape output() const {
        return {input.channels,
                pool_output_extent(input.width, shape),
                pool_output_extent(input.height, shape),
                input.batch,
                out_border};
    }
    std::vector<reference::Pixel> window(int x, int y) const {
        return reference::window(shape, x, y, input.width, input.height);
    }
};

// VGG-Small, ResNet-18's first, windows that overlap, that leave gaps, that fit once, one pixel each.
const Case cases[] = {
    {{2, 2, 0}, {16, 8, 8, 3, 1}, 1},
    {{2, 2, 0}, {128, 4, 6, 2}},
    {{3, 2, 1}, {64, 14, 14, 2}, 1},
    {{3, 2, 1}, {17, 7, 8, 2, 2}},
    {{3, 1, 1}, {9, 5, 4, 2}},
    {{2, 1, 0}, {8, 3, 4, 2}, 2},
    {{2, 3, 0}, {15, 9, 8, 1}},
    {{5, 2, 4}, {3, 4, 3, 2, 1}},
    {{3, 2, 0}, {1, 3, 5, 2}},
    {{1, 1, 0}, {7, 2, 2, 1}},
    {{2, 2, 1}, {5, 1, 1, 3}},
};

std::string describe(const Case &test) {
    return "kernel " + std::to_string(test.shape.kernel) + ", stride " + std::to_string(test.shape.stride) +
           ", padding " + std::to_string(test.shape.padding) + ", " + std::to_string(test.input.channels) + " channels";
}

TEST_P(Pooling, TakesTheLargestPixel) {
    for (const Case &test : cases) {
        SCOPED_TRACE(describe(test));
        GuardedImages input(test.input, 1U), output(test.output());
        assert_ok(max_pool(test.shape, input.view(), output.view()));
        output.for_each_place([&](int c, int x, int y, int n) {
            const auto value = [&](const reference::Pixel &pixel) { return input.at(c, pixel.x, pixel.y, n); };
            ASSERT_EQ(output.at(c, x, y, n), value(reference::first_largest(test.window(x, y), value)));
        });
        EXPECT_TRUE(output.border_is_untouched());
    }
}

// With few different values, so that many windows have several largest.
TEST_P(Pooling, GivesTheGradientToTheFirstLargestPixel) {
    for (const Case &test : cases) {
        SCOPED_TRACE(describe(test));
        GuardedImages input(test.input, 1U), grad_output(test.output(), 2U), grad_input(test.input);
        input.for_each_place(
            [&](int c, int x, int y, int n) { input.at(c, x, y, n) = std::round(input.at(c, x, y, n) * 2) - 3; });
        const TensorView<float> &view = input.view();
        std::vector<double> expected(view.size());
        const auto place = [&](int c, int x, int y, int n) {
            return static_cast<std::size_t>(((n * view.height + y) * view.width + x) * view.channels + c);
        };
        grad_output.for_each_place([&](int c, int x, int y, int n) {
            const auto value = [&](const reference::Pixel &pixel) { return input.at(c, pixel.x, pixel.y, n); };
            const reference::Pixel largest = reference::first_largest(test.window(x, y), value);
            expected[place(c, largest.x, largest.y, n)] += double{grad_output.at(c, x, y, n)};
        });
        assert_ok(max_pool_backward(test.shape, input.view(), grad_output.view(), grad_input.view()));
        grad_input.for_each_place([&](int c, int x, int y, int n) {
            ASSERT_NEAR(grad_input.at(c, x, y, n), expected[place(c, x, y, n)], 1e-6);
        });
        EXPECT_TRUE(grad_input.border_is_untouched());
    }
}

TEST_P(Pooling, AveragesThePixelsInTheImage) {
    for (const Case &test : cases) {
        SCOPED_TRACE(describe(test));
        GuardedImages input(test.input, 1U), output(test.output());
        assert_ok(average_pool(test.shape, input.view(), output.view()));
        output.for_each_place([&](int c, int x, int y, int n) {
            const auto pixels = test.window(x, y);
            double sum = 0;
            for (const reference::Pixel &pixel : pixels) sum += double{input.at(c, pixel.x, pixel.y, n)};
            ASSERT_NEAR(output.at(c, x, y, n), sum / static_cast<double>(pixels.size()), 1e-6);
        });
        EXPECT_TRUE(output.border_is_untouched());
    }
}

TEST_P(Pooling, GivesEachPixelOfAWindowItsShareOfTheGradient) {
    for (const Case &test : cases) {
        SCOPED_TRACE(describe(test));
        GuardedImages grad_output(test.output(), 2U), grad_input(test.input), expected(test.input);
        expected.for_each_place([&](int c, int x, int y, int n) { expected.at(c, x, y, n) = 0; });
        grad_output.for_each_place([&](int c, int x, int y, int n) {
            const auto pixels = test.window(x, y);
            for (const reference::Pixel &pixel : pixels) {
                expected.at(c, pixel.x, pixel.y, n) += grad_output.at(c, x, y, n) / static_cast<float>(pixels.size());
            }
        });
        assert_ok(average_pool_backward(test.shape, grad_output.view(), grad_input.view()));
        grad_input.for_each_place(
            [&](int c, int x, int y, int n) { ASSERT_NEAR(grad_input.at(c, x, y, n), expected.at(c, x, y, n), 2e-6); });
        EXPECT_TRUE(grad_input.border_is_untouched());
    }
}

TEST_P(Pooling, ANaNCountsAsTheSmallest) {
    GuardedImages input({8, 4, 4, 1}, 1U), output({8, 2, 2, 1}), grad_output({8, 2, 2, 1}, 2U),
        grad_input({8, 4, 4, 1});
    for (int c = 0; c < 8; ++c) input.at(c, 1, 0, 0) = std::nanf("");
    assert_ok(max_pool({}, input.view(), output.view()));
    assert_ok(max_pool_backward({}, input.view(), grad_output.view(), grad_input.view()));
    for (float value : output.values()) EXPECT_TRUE(std::isfinite(value));
    for (int c = 0; c < 8; ++c) EXPECT_EQ(grad_input.at(c, 1, 0, 0), 0.0F);
}

TEST_P(Pooling, HasTheSameBitsForAnyNumberOfThreads) {
    expect_same_bits_for_any_number_of_threads([] {
        const PoolShape shape{3, 2, 1};
        GuardedImages input({17, 9, 9, 5}, 1U), grad_output({17, 5, 5, 5}, 2U), first({17, 9, 9, 5}),
            second({17, 9, 9, 5});
        assert_ok(max_pool_backward(shape, input.view(), grad_output.view(), first.view()));
        assert_ok(average_pool_backward(shape, grad_output.view(), second.view()));
        return std::vector{bits(first.memory()), bits(second.memory())};
    });
}

TEST_P(Pooling, WhatDoesNotFitIsNamed) {
    GuardedImages input({16, 8, 8, 2}, 1U), output({16, 4, 4, 2});
    constexpr auto mismatched = ErrorCode::mismatched_buffers, invalid = ErrorCode::invalid_argument;
    expect_error(max_pool({0, 2, 0}, input.view(), output.view()), invalid, "kernel = 0: expected 1 to 255");
    expect_error(max_pool({2, 0, 0}, input.view(), output.view()), invalid, "stride = 0: expected 1 to 255");
    expect_error(max_pool({2, 2, 2}, input.view(), output.view()), invalid, "padding = 2: expected 0 to 1");
    expect_error(average_pool({9, 2, 0}, input.view(), output.view()), invalid, "input: images of 8x8, expected");
    expect_error(average_pool({3, 2, 0}, input.view(), output.view()),
                 mismatched,
                 "output 16x4x4x2: expected 16x3x3x2 for input 16x8x8x2");
    expect_error(max_pool_backward({}, input.view(), output.view(), output.view()),
                 mismatched,
                 "grad_input 16x4x4x2: expected 16x8x8x2 for input 16x8x8x2");
    expect_error(average_pool_backward({}, {}, input.view()), mismatched, "grad_output: a null pointer");
}

TEST(PoolOutputExtent, IsTheNumberOfWindows) {
    EXPECT_EQ(pool_output_extent(8, {2, 2, 0}), 4);
    EXPECT_EQ(pool_output_extent(7, {2, 2, 0}), 3);
    EXPECT_EQ(pool_output_extent(112, {3, 2, 1}), 56);
    EXPECT_EQ(pool_output_extent(1, {2, 2, 0}), 0);
}

}  // namespace
}  // namespace dsq::tests
