#include "operators/add.h"

#include <gtest/gtest.h>

#include "tests/support/expectations.h"
#include "tests/support/guarded_images.h"
#include "tests/support/instruction_sets.h"

namespace dsq::tests {
namespace {

class Add : public OnEveryInstructionSet {};
DSQ_ON_EVERY_INSTRUCTION_SET(Add);

TEST_P(Add, AddsImagesAndLeavesBorders) {
    for (const int channels : {1, 7, 8, 16, 33}) {
        const ImageShape plain{channels, 5, 3, 2}, bordered{channels, 5, 3, 2, 1};
        GuardedImages first(plain, 1), second(bordered, 2), sum(bordered, 3);
        assert_ok(add(first.view(), second.view(), sum.view()));
        sum.for_each_place([&](int c, int x, int y, int n) {
            EXPECT_EQ(sum.at(c, x, y, n), first.at(c, x, y, n) + second.at(c, x, y, n));
        });
        EXPECT_TRUE(sum.border_is_untouched());
    }
}

TEST_P(Add, WhatDoesNotFitIsNamed) {
    GuardedImages first(ImageShape{4, 5, 3, 2}, 1), second(ImageShape{4, 5, 3, 1}, 2), sum(ImageShape{4, 5, 3, 2}, 3);
    const Status status = add(first.view(), second.view(), sum.view());
    EXPECT_EQ(status.code(), ErrorCode::mismatched_buffers);
    EXPECT_NE(status.message().find("second"), std::string::npos) << status.message();
}

}  // namespace
}  // namespace dsq::tests
