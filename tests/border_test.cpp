#include "operators/border.h"

#include <gtest/gtest.h>

#include "tests/support/expectations.h"
#include "tests/support/guarded_images.h"
#include "tests/support/instruction_sets.h"

namespace dsq::tests {
namespace {

class FillBorder : public OnEveryInstructionSet {};
DSQ_ON_EVERY_INSTRUCTION_SET(FillBorder);

TEST_P(FillBorder, WritesTheBorderAndNothingElse) {
    const ImageShape shapes[] = {
        ImageShape{1, 1, 1, 1, 1},
        ImageShape{3, 5, 4, 2, 1},
        ImageShape{16, 8, 8, 3, 1},
        ImageShape{17, 2, 7, 2, 2},
        ImageShape{5, 3, 1, 2, 3},
        ImageShape{64, 4, 4, 5, 1},
        ImageShape{7, 6, 6, 2, 0},
        ImageShape{4, 0, 3, 2, 1},
    };
    for (const ImageShape &shape : shapes) {
        SCOPED_TRACE(testing::Message() << shape.channels << "x" << shape.width << "x" << shape.height << " border "
                                        << shape.border);
        GuardedImages tensor(shape, 1);
        std::vector<float> expected(tensor.memory().size(), 0.25F);
        tensor.for_each_place([&](int c, int x, int y, int n) {
            const float &inside = tensor.at(c, x, y, n);
            expected[static_cast<std::size_t>(&inside - tensor.memory().data())] = inside;
        });
        assert_ok(fill_border(tensor.view(), 0.25F));
        EXPECT_EQ(std::vector<float>(tensor.memory().begin(), tensor.memory().end()), expected);
    }
}

TEST_P(FillBorder, ANullPointerIsNamed) {
    expect_error(fill_border({nullptr, 1, 1, 1, 1, 1}, 0.0F), ErrorCode::mismatched_buffers, "tensor: a null pointer");
}

}  // namespace
}  // namespace dsq::tests
