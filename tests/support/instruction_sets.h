// Every kernel test runs once for each instruction set that its kernels were built for.
#pragma once

#include <gtest/gtest.h>

#include <string>

namespace dsq::tests {

// For the life of this object, kernels run the variant for `name`: "avx512" or "avx2" on x86, "armv8" on Arm.
class ForcedInstructionSet {
public:
    explicit ForcedInstructionSet(const std::string &name);
    ~ForcedInstructionSet();
    ForcedInstructionSet(const ForcedInstructionSet &) = delete;
    ForcedInstructionSet &operator=(const ForcedInstructionSet &) = delete;

    // Whether this processor can run it.
    bool available() const {
        return available_;
    }

private:
    bool available_;
};

// How often kernels have taken the variant for AVX-512: proves that the path meant is the path that ran.
int avx512_choices();

class OnEveryInstructionSet : public testing::TestWithParam<std::string> {
protected:
    void SetUp() override {
        if (!forced_.available()) {
            GTEST_SKIP() << "this processor has no " << GetParam();
        }
    }

private:
    ForcedInstructionSet forced_{GetParam()};
};

#if defined(__x86_64__)
inline auto instruction_sets() {
    return testing::Values("avx512", "avx2");
}
#else
inline auto instruction_sets() {
    return testing::Values("armv8");
}
#endif

inline std::string instruction_set_name(const testing::TestParamInfo<std::string> &info) {
    return info.param;
}

#define DSQ_ON_EVERY_INSTRUCTION_SET(Suite) \
    INSTANTIATE_TEST_SUITE_P(On, Suite, instruction_sets(), instruction_set_name)

}  // namespace dsq::tests
