#include "runtime/scratch.h"

#include <HalideRuntime.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <set>
#include <vector>

namespace dsq::tests {
namespace {

class Scratch : public testing::Test {
protected:
    Scratch() {
        runtime::keep_scratch();
    }
};

TEST_F(Scratch, IsAlignedAndHoldsAllItsBytes) {
    for (std::size_t bytes = 1; bytes < 5000000; bytes = bytes * 5 / 3 + 1) {
        void *memory = halide_malloc(nullptr, bytes);
        ASSERT_NE(memory, nullptr);
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory) % 128, 0U) << bytes;
        std::memset(memory, 0xA5, bytes);
        halide_free(nullptr, memory);
    }
}

TEST_F(Scratch, GivesBackWhatWasGivenBack) {
    void *first = halide_malloc(nullptr, 100000);
    halide_free(nullptr, first);
    void *second = halide_malloc(nullptr, 99999);
    EXPECT_EQ(second, first);
    halide_free(nullptr, second);
}

TEST_F(Scratch, BlocksInUseAreApart) {
    std::set<void *> blocks;
    for (int i = 0; i < 20; ++i) blocks.insert(halide_malloc(nullptr, 1000));
    EXPECT_EQ(blocks.size(), 20U);
    for (void *block : blocks) halide_free(nullptr, block);
}

TEST_F(Scratch, HasNoneOfASizeThatCannotBe) {
    EXPECT_EQ(halide_malloc(nullptr, SIZE_MAX / 2), nullptr);
}

}  // namespace
}  // namespace dsq::tests
