#include "tune/arm_cycles.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "compile/compile_target.h"
#include "compile/embedded_programs.h"
#include "tests/support/expectations.h"
#include "tests/support/run_command.h"
#include "tests/support/temporary_folder.h"

namespace dsq::tests {
namespace {

// A round of `counted`: a multiply-accumulate that waits for the one before it, and the loop's own two instructions.
constexpr const char *loops = R"(
#include <stdlib.h>
__attribute__((noinline)) void counted(long rounds) {
    __asm__ volatile("1: mla v0.16b, v1.16b, v2.16b\n subs %0, %0, #1\n b.ne 1b" : "+r"(rounds) : : "v0", "cc");
}
__attribute__((noinline)) void other(long rounds) {
    __asm__ volatile("1: subs %0, %0, #1\n b.ne 1b" : "+r"(rounds) : : "cc");
}
int main(int argc, char **argv) {
    if (argc < 3) return 3;
    other(atol(argv[2]));
    counted(atol(argv[1]));
    return 0;
}
)";

class ArmCycles : public testing::Test {
protected:
    void SetUp() override {
        std::string core;
        assert_ok(find_target("arm-64-linux", core, target_));
        plugin_ = folder_.write("plugin.so", std::string(block_counts_plugin));
        const std::string source = folder_.write("loops.c", loops);
        std::string command;
        for (const std::string &word : target_.linker) command += word + " ";
        const auto [output, code] = run(command + "-x c -O2 " + source + " -o " + folder_.path("loops"));
        ASSERT_EQ(code, 0) << output;
    }

    BlockCounts counts(const std::string &arguments) {
        std::string command;
        for (const std::string &word : target_.runner) command += word + " ";
        const std::string blocks = folder_.path("blocks");
        command += "-plugin " + plugin_ + ",out=" + blocks + " " + folder_.path("loops") + " " + arguments;
        const auto [output, code] = run(command);
        EXPECT_EQ(code, 0) << output;
        BlockCounts read;
        EXPECT_TRUE(read_block_counts(blocks, read).ok());
        return read;
    }

    // What so many more rounds take.
    BlockCounts difference(const std::string &more, const std::string &less) {
        BlockCounts result = counts(more);
        for (const auto &[block, count] : counts(less)) result[block] -= count;
        return result;
    }

    Status estimate(const BlockCounts &blocks, const std::vector<std::string> &cores, SymbolCycles &cycles) {
        return estimate_cycles(blocks, {target_.disassembler, target_.analyzer}, cores, folder_.path(), cycles);
    }

    TemporaryFolder folder_;
    CompileTarget target_;
    std::string plugin_;
};

TEST_F(ArmCycles, OfALoopWhoseLengthIsKnown) {
    SymbolCycles cycles;
    assert_ok(estimate(difference("3000 5000", "1000 5000"), {"cortex-a53", "cortex-a72"}, cycles));
    ASSERT_TRUE(cycles.contains("counted"));
    const double a53 = cycles["counted"][0], a72 = cycles["counted"][1];
    EXPECT_GE(a53, 4 * 2000);
    EXPECT_LE(a53, 7 * 2000);
    EXPECT_GE(a72, 1 * 2000);
    EXPECT_LE(a72, 5 * 2000);
    EXPECT_FALSE(cycles.contains("other"));  // which ran as often in both
}

TEST_F(ArmCycles, GrowWithTheRounds) {
    SymbolCycles few, many;
    assert_ok(estimate(difference("3000 5000", "1000 5000"), {"cortex-a53"}, few));
    assert_ok(estimate(difference("9000 5000", "1000 5000"), {"cortex-a53"}, many));
    EXPECT_NEAR(many["counted"][0] / few["counted"][0], 4, 0.1);
}

TEST_F(ArmCycles, ErrorsSayWhatTheToolSaid) {
    const BlockCounts blocks = difference("300 5", "100 5");
    SymbolCycles cycles;
    expect_error(estimate(blocks, {"cortex-a1000"}, cycles), ErrorCode::kernel_failed, "cortex-a1000");
    target_.disassembler = {"no-such-tool"};
    expect_error(estimate(blocks, {"cortex-a53"}, cycles), ErrorCode::kernel_failed, "no-such-tool");
    BlockCounts read;
    expect_error(read_block_counts(folder_.path("none"), read), ErrorCode::invalid_file, "none: cannot be read");
    const std::string damaged = folder_.write("damaged", "4000 12 2 counted 0102\n");
    expect_error(read_block_counts(damaged, read), ErrorCode::invalid_file, "not as long as it says");
}

}  // namespace
}  // namespace dsq::tests
