#include <gtest/gtest.h>

#include "operators/pooling.h"
#include "tests/support/expectations.h"
#include "tests/support/guarded_images.h"
#include "tests/support/instruction_sets.h"

namespace dsq::tests {
namespace {

class GlobalAveragePool : public OnEveryInstructionSet {};
DSQ_ON_EVERY_INSTRUCTION_SET(GlobalAveragePool);

const ImageShape shapes[] = {
    ImageShape{64, 8, 8, 3},
    ImageShape{64, 8, 8, 2, 1},
    ImageShape{512, 7, 7, 2},
    ImageShape{17, 3, 5, 2, 2},
    ImageShape{3, 2, 1, 4},
    ImageShape{1, 1, 1, 1},
};

TEST_P(GlobalAveragePool, IsTheMeanOfEachChannel) {
    for (const ImageShape &shape : shapes) {
        SCOPED_TRACE(testing::Message() << shape.channels << "x" << shape.width << "x" << shape.height);
        GuardedImages input(shape, 1), output(ImageShape{shape.channels, 1, 1, shape.batch, 1}, 2);
        assert_ok(global_average_pool(input.view(), output.view()));
        output.for_each_place([&](int c, int, int, int n) {
            double sum = 0;
            for (int y = 0; y < shape.height; ++y) {
                for (int x = 0; x < shape.width; ++x) sum += double{input.at(c, x, y, n)};
            }
            EXPECT_NEAR(output.at(c, 0, 0, n), sum / (shape.width * shape.height), 1e-6);
        });
        EXPECT_TRUE(output.border_is_untouched());
    }
}

TEST_P(GlobalAveragePool, GivesEachPixelItsShareOfTheGradient) {
    for (const ImageShape &shape : shapes) {
        SCOPED_TRACE(testing::Message() << shape.channels << "x" << shape.width << "x" << shape.height);
        GuardedImages grad_output(ImageShape{shape.channels, 1, 1, shape.batch}, 1), grad_input(shape, 2);
        assert_ok(global_average_pool_backward(grad_output.view(), grad_input.view()));
        grad_input.for_each_place([&](int c, int x, int y, int n) {
            const double share = double{grad_output.at(c, 0, 0, n)} / (shape.width * shape.height);
            EXPECT_NEAR(grad_input.at(c, x, y, n), share, 1e-7);
        });
        EXPECT_TRUE(grad_input.border_is_untouched());
    }
}

TEST_P(GlobalAveragePool, WhatDoesNotFitIsNamed) {
    GuardedImages input(ImageShape{16, 8, 8, 2}, 1), output(ImageShape{16, 1, 1, 3}, 2);
    expect_error(global_average_pool(input.view(), output.view()),
                 ErrorCode::mismatched_buffers,
                 "output 16x1x1x3: expected 16x1x1x2 for input 16x8x8x2");
    expect_error(global_average_pool_backward({}, input.view()), ErrorCode::mismatched_buffers, "grad_output: a null");
    GuardedImages empty(ImageShape{16, 0, 8, 2, 1}, 1);
    expect_error(global_average_pool(empty.view(), output.view()), ErrorCode::invalid_argument, "input: images");
}

}  // namespace
}  // namespace dsq::tests
