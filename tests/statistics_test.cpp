#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "dsq/bounds.h"
#include "dsq/threads.h"
#include "tests/support/guarded_tensor.h"
#include "tests/support/instruction_sets.h"
#include "tests/support/samples.h"

namespace dsq::tests {
namespace {

class ComputeStatistics : public OnEveryInstructionSet {};
DSQ_ON_EVERY_INSTRUCTION_SET(ComputeStatistics);

TEST_P(ComputeStatistics, EqualThePlainLoopForEverySize) {
    for (std::size_t size : std::initializer_list<std::size_t>{1, 2, 15, 16, 17, 100, 16383, 16384, 16385, 200001}) {
        Random random(static_cast<unsigned>(size));
        std::normal_distribution<float> normal(0.3F, 2.0F);
        std::vector<float> data(size);
        for (float &element : data) element = normal(random);
        double sum = 0, squares = 0;
        for (double element : data) sum += element, squares += element * element;
        const double mean = sum / static_cast<double>(size);

        GuardedTensor<float> x(data);
        Statistics found;
        ASSERT_TRUE(compute_statistics(x.span(), found).ok());
        EXPECT_EQ(found.count, size);
        EXPECT_EQ(found.minimum, *std::min_element(data.begin(), data.end()));
        EXPECT_EQ(found.maximum, *std::max_element(data.begin(), data.end()));
        EXPECT_NEAR(found.mean, mean, 2e-6);
        EXPECT_NEAR(found.standard_deviation,
                    std::sqrt(std::max(squares / static_cast<double>(size) - mean * mean, 0.0)),
                    1e-3 * (size == 1 ? 1.0 : 0.01));
    }
}

TEST_P(ComputeStatistics, HaveTheSameBitsForAnyNumberOfThreads) {
    Random random(3);
    std::vector<float> x(300007);
    for (float &element : x) element = uniform(random, -1.0F, 2.0F);
    std::vector<Statistics> results;
    for (int threads : {1, 2, 7}) {
        ASSERT_TRUE(set_thread_count(threads).ok());
        ASSERT_TRUE(compute_statistics(x, results.emplace_back()).ok());
    }
    ASSERT_TRUE(set_thread_count(0).ok());
    for (const Statistics &other : results) {
        EXPECT_EQ(std::bit_cast<std::uint64_t>(other.mean), std::bit_cast<std::uint64_t>(results[0].mean));
        EXPECT_EQ(std::bit_cast<std::uint64_t>(other.standard_deviation),
                  std::bit_cast<std::uint64_t>(results[0].standard_deviation));
    }
}

TEST_P(ComputeStatistics, RefuseWhatHasNone) {
    Statistics statistics;
    statistics.mean = 42;
    EXPECT_EQ(compute_statistics({}, statistics).code(), ErrorCode::mismatched_buffers);
    for (float bad : {std::nanf(""), std::numeric_limits<float>::infinity(), 3e38F}) {
        const Status status = compute_statistics(std::vector<float>{1.0F, bad, 2.0F}, statistics);
        EXPECT_EQ(status.code(), ErrorCode::non_finite) << bad;
        EXPECT_NE(status.message().find("x:"), std::string::npos);
    }
    EXPECT_EQ(statistics.mean, 42);
}

}  // namespace
}  // namespace dsq::tests
