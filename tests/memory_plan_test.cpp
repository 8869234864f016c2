#include "compile/memory_plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace dsq::tests {
namespace {

using Random = std::mt19937;

int between(Random &random, int low, int high) {
    return std::uniform_int_distribution<int>(low, high)(random);
}

std::size_t aligned(std::size_t bytes, std::size_t alignment) {
    return (bytes + alignment - 1) / alignment * alignment;
}

// What lives at one step cannot take less.
std::size_t lower_bound(const std::vector<MemoryRequest> &requests, std::size_t alignment) {
    std::size_t largest = 0;
    for (const MemoryRequest &at : requests) {
        std::size_t bytes = 0;
        for (const MemoryRequest &other : requests) {
            const bool lives = other.first_step <= at.first_step && at.first_step <= other.last_step;
            if (lives) bytes += aligned(other.bytes, alignment);
        }
        largest = std::max(largest, bytes);
    }
    return largest;
}

// Every byte of the memory belongs to one tensor at a time.
void expect_sound(const std::vector<MemoryRequest> &requests, const MemoryPlan &plan, std::size_t alignment) {
    ASSERT_EQ(plan.offsets.size(), requests.size());
    EXPECT_EQ(plan.bytes % alignment, 0U);
    for (std::size_t i = 0; i < requests.size(); ++i) {
        EXPECT_EQ(plan.offsets[i] % alignment, 0U);
        EXPECT_LE(plan.offsets[i] + requests[i].bytes, plan.bytes);
        for (std::size_t j = 0; j < i; ++j) {
            const MemoryRequest &a = requests[i], &b = requests[j];
            const bool at_once = a.first_step <= b.last_step && b.first_step <= a.last_step;
            const bool share =
                plan.offsets[i] < plan.offsets[j] + b.bytes && plan.offsets[j] < plan.offsets[i] + a.bytes;
            EXPECT_FALSE(at_once && share && a.bytes > 0 && b.bytes > 0) << i << " and " << j;
        }
    }
}

TEST(MemoryPlan, TensorsThatLiveAtOnceNeverOverlap) {
    double worst = 1, sum = 0;
    constexpr int rounds = 300;
    for (int round = 0; round < rounds; ++round) {
        SCOPED_TRACE(round);
        Random random(static_cast<unsigned>(round));
        const std::size_t alignment = std::size_t{1} << between(random, 0, 7);
        std::vector<MemoryRequest> requests(static_cast<std::size_t>(between(random, 1, 40)));
        for (MemoryRequest &request : requests) {
            request.bytes = static_cast<std::size_t>(between(random, 0, between(random, 1, 5000)));
            request.first_step = between(random, 0, 30);
            request.last_step = request.first_step + between(random, 0, 8);
        }
        const MemoryPlan plan = plan_memory(requests, alignment);
        expect_sound(requests, plan, alignment);
        const std::size_t bound = lower_bound(requests, alignment);
        EXPECT_GE(plan.bytes, bound);
        if (bound == 0) continue;
        const double ratio = static_cast<double>(plan.bytes) / static_cast<double>(bound);
        worst = std::max(worst, ratio);
        sum += ratio;
    }
    EXPECT_LT(worst, 1.35);
    EXPECT_LT(sum / rounds, 1.05);
}

// Each layer reads what the one before wrote; a shortcut lives longer.
TEST(MemoryPlan, ChainsTakeNoMoreThanTwoTensorsDo) {
    std::vector<MemoryRequest> requests;
    requests.reserve(21);
    for (int step = 0; step < 20; ++step) requests.push_back({1000, step, step + 1});
    EXPECT_EQ(plan_memory(requests).bytes, 2048U);
    requests.push_back({500, 3, 9});
    EXPECT_EQ(plan_memory(requests).bytes, 2560U);
}

TEST(MemoryPlan, NothingTakesNothing) {
    EXPECT_EQ(plan_memory({}).bytes, 0U);
    const std::vector<MemoryRequest> empty{{0, 0, 3}};
    EXPECT_EQ(plan_memory(empty).bytes, 0U);
}

}  // namespace
}  // namespace dsq::tests
