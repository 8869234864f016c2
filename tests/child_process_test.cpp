#include "compile/child_process.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>

#include "tests/support/expectations.h"

namespace dsq::tests {
namespace {

std::vector<std::byte> bytes(std::size_t count) {
    std::vector<std::byte> result(count);
    for (std::size_t i = 0; i < count; ++i) result[i] = static_cast<std::byte>(i % 251);
    return result;
}

TEST(ChildProcess, BringsBackTheAnswer) {
    for (const std::size_t count : {std::size_t{0}, std::size_t{1}, std::size_t{1} << 20}) {  // more than a pipe holds
        std::vector<std::byte> answer{std::byte{7}};
        assert_ok(run_in_child(
            [&](std::vector<std::byte> &said) {
                said = bytes(count);
                return Status();
            },
            answer));
        EXPECT_TRUE(answer == bytes(count)) << count;
    }
}

TEST(ChildProcess, ChangesNothingHere) {
    int number = 1;
    std::vector<std::byte> answer;
    assert_ok(run_in_child(
        [&](std::vector<std::byte> &) {
            number = 2;
            return Status();
        },
        answer));
    EXPECT_EQ(number, 1);
}

TEST(ChildProcess, BringsBackTheError) {
    std::vector<std::byte> answer{std::byte{7}};
    const Status status = run_in_child(
        [](std::vector<std::byte> &said) {
            said = bytes(3);
            return Status(ErrorCode::invalid_argument, "tile: expected 8, found 9");
        },
        answer);
    expect_error(status, ErrorCode::invalid_argument, "tile: expected 8, found 9");
    EXPECT_EQ(answer, std::vector<std::byte>{std::byte{7}});
}

// A compiler that aborts, or that the system kills.
TEST(ChildProcess, ItsEndIsAnError) {
    for (const int number : {SIGABRT, SIGKILL}) {
        std::vector<std::byte> answer;
        const Status status = run_in_child(
            [&](std::vector<std::byte> &) {
                std::signal(SIGABRT, SIG_DFL);
                std::raise(number);
                return Status();
            },
            answer);
        expect_error(status, ErrorCode::kernel_failed, "ended before it was done");
    }
}

}  // namespace
}  // namespace dsq::tests
