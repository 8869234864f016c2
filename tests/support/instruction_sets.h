// Every kernel test runs once for each instruction set that its kernels were built for.
#pragma once

#include <gtest/gtest.h>

#include <string>

namespace dsq::tests {

// Lets kernels run the variant for `name` only: "avx512" or "avx2" on x86, "armv8" on Arm; or "vnni" and "dotprod",
// which kernels of codes by dot products have alone. A kernel chooses once in the life of a process, so the first
// choice holds: run tests by ctest, which gives each a process of its own. Returns why that is not possible here, or
// nothing.
std::string force_instruction_set(const std::string &name);

// How many kernels have taken the variant for AVX-512: proves that the path meant is the path that ran.
int avx512_choices();

class OnEveryInstructionSet : public testing::TestWithParam<std::string> {
protected:
    void SetUp() override {
        if (const std::string reason = force_instruction_set(GetParam()); !reason.empty()) GTEST_SKIP() << reason;
    }
};

// Those that this build has kernels for (targets/).
inline auto instruction_sets() {
    return testing::Values(DSQ_INSTRUCTION_SETS);
}

inline std::string instruction_set_name(const testing::TestParamInfo<std::string> &info) {
    return info.param;
}

#define DSQ_ON_EVERY_INSTRUCTION_SET(Suite) \
    INSTANTIATE_TEST_SUITE_P(On, Suite, instruction_sets(), instruction_set_name)

}  // namespace dsq::tests
