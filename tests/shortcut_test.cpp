#include "operators/shortcut.h"

#include <gtest/gtest.h>

#include "tests/support/expectations.h"
#include "tests/support/guarded_images.h"
#include "tests/support/instruction_sets.h"

namespace dsq::tests {
namespace {

class Shortcut : public OnEveryInstructionSet {};
DSQ_ON_EVERY_INSTRUCTION_SET(Shortcut);

struct Case {
    int stride;
    ImageShape input;
    int out_channels;
    int out_border;

    ImageShape output() const {
        return {out_channels,
                (input.width + stride - 1) / stride,
                (input.height + stride - 1) / stride,
                input.batch,
                out_border};
    }
    int padding() const {
        return (out_channels - input.channels) / 2;
    }
};

const Case cases[] = {
    {2, ImageShape{16, 8, 8, 3, 1}, 32, 0},
    {2, ImageShape{32, 16, 16, 2}, 64, 1},
    {1, ImageShape{16, 5, 3, 2}, 16, 1},
    {2, ImageShape{3, 7, 5, 2, 2}, 8, 1},
    {3, ImageShape{9, 7, 10, 1}, 26, 0},
    {2, ImageShape{1, 1, 1, 1}, 1, 0},
};

TEST_P(Shortcut, TakesEveryPixelOfTheStride) {
    for (const Case &test : cases) {
        SCOPED_TRACE(testing::Message() << test.input.channels << " to " << test.out_channels << " channels");
        GuardedImages input(test.input, 1), output(test.output(), 2);
        assert_ok(shortcut(test.stride, input.view(), output.view()));
        output.for_each_place([&](int c, int x, int y, int n) {
            const int from = c - test.padding();
            const bool there = from >= 0 && from < test.input.channels;
            EXPECT_EQ(output.at(c, x, y, n), there ? input.at(from, x * test.stride, y * test.stride, n) : 0.0F);
        });
        EXPECT_TRUE(output.border_is_untouched());
    }
}

TEST_P(Shortcut, GivesTheGradientBackToThePixelsThatItTook) {
    for (const Case &test : cases) {
        SCOPED_TRACE(testing::Message() << test.input.channels << " to " << test.out_channels << " channels");
        GuardedImages grad_output(test.output(), 1), grad_input(test.input, 2);
        assert_ok(shortcut_backward(test.stride, grad_output.view(), grad_input.view()));
        grad_input.for_each_place([&](int c, int x, int y, int n) {
            const bool taken = x % test.stride == 0 && y % test.stride == 0;
            const float expected =
                taken ? grad_output.at(c + test.padding(), x / test.stride, y / test.stride, n) : 0.0F;
            EXPECT_EQ(grad_input.at(c, x, y, n), expected);
        });
        EXPECT_TRUE(grad_input.border_is_untouched());
    }
}

TEST_P(Shortcut, WhatDoesNotFitIsNamed) {
    GuardedImages input(ImageShape{16, 8, 8, 2}, 1), output(ImageShape{32, 4, 4, 2}, 2), few(ImageShape{8, 4, 4, 2}, 3);
    expect_error(shortcut(0, input.view(), output.view()), ErrorCode::invalid_argument, "stride = 0");
    expect_error(shortcut(1, input.view(), output.view()),
                 ErrorCode::mismatched_buffers,
                 "output 32x4x4x2: expected 32x8x8x2 for input 16x8x8x2");
    expect_error(shortcut(2, input.view(), few.view()), ErrorCode::mismatched_buffers, "output: 8 channels");
    expect_error(shortcut(2, {}, output.view()), ErrorCode::mismatched_buffers, "input: a null pointer");
    expect_error(shortcut_backward(3, output.view(), input.view()),
                 ErrorCode::mismatched_buffers,
                 "grad_output 32x4x4x2: expected 32x3x3x2 for grad_input 16x8x8x2");
}

}  // namespace
}  // namespace dsq::tests
