// What many tests expect.
#pragma once

#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "dsq/status.h"
#include "dsq/threads.h"

namespace dsq::tests {

inline void expect_error(const Status &status, ErrorCode code, const std::string &message) {
    EXPECT_EQ(status.code(), code);
    EXPECT_NE(status.message().find(message), std::string::npos) << status.message();
}

inline void assert_ok(const Status &status) {
    ASSERT_TRUE(status.ok()) << status.message();
}

inline std::vector<std::uint32_t> bits(std::span<const float> values) {
    std::vector<std::uint32_t> result;
    for (float value : values) result.push_back(std::bit_cast<std::uint32_t>(value));
    return result;
}

// `run` computes from scratch and returns its result as bits.
template <typename Run>
void expect_same_bits_for_any_number_of_threads(Run run) {
    assert_ok(set_thread_count(1));
    const auto first = run();
    for (int threads : {2, 7}) {
        assert_ok(set_thread_count(threads));
        EXPECT_EQ(run(), first) << threads << " threads";
    }
    assert_ok(set_thread_count(0));
}

}  // namespace dsq::tests
