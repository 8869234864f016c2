// What the tests of the kernels of codes find where a function spoils its caller's registers. For Arm.
#include "tests/support/callee_saved_registers.h"

#include <gtest/gtest.h>

namespace dsq::tests {
namespace {

int spoils_d8(void **) {
    asm volatile("fmov d8, xzr");  // which the compiler is not told
    return 0;
}

int spoils_d15(void **) {
    asm volatile("fmov d15, xzr");
    return 0;
}

int gives_back_d8_and_fails(void **) {
    asm volatile("fmov d8, xzr" ::: "v8");
    return -7;
}

TEST(CalleeSavedRegisters, AreMissedWhereAFunctionSpoilsOne) {
    EXPECT_FALSE(call_with_marked_registers(spoils_d8, nullptr).keeps_registers);
    EXPECT_FALSE(call_with_marked_registers(spoils_d15, nullptr).keeps_registers);
}

TEST(CalleeSavedRegisters, AreThereWhereAFunctionGivesThemBack) {
    const CheckedCall call = call_with_marked_registers(gives_back_d8_and_fails, nullptr);
    EXPECT_TRUE(call.keeps_registers);
    EXPECT_EQ(call.status, -7);
}

}  // namespace
}  // namespace dsq::tests
