#include "compile/run_length.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "compile/channel_order.h"
#include "compile/random_weights.h"
#include "compile/winograd_transform.h"

namespace dsq::tests {
namespace {

constexpr int byte = 8;

CodeWeights uniform_weights(std::mt19937 &random, int out, int in, int kernel, CodeRange range) {
    CodeWeights weights{out, in, kernel, {}};
    const int count = out * in * kernel * kernel;
    weights.values.resize(static_cast<std::size_t>(count));
    std::uniform_int_distribution<int> value(range.low, range.high);
    for (std::int16_t &weight : weights.values) weight = static_cast<std::int16_t>(value(random));
    return weights;
}

// The extremes of a run's sum over all vectors of activations, each of them tried.
CodeRange extremes_by_trial(
    const CodeWeights &weights, CodeRange activations, std::span<const int> channels, int tap, int out) {
    const int codes = activations.high - activations.low + 1;
    const auto vectors = static_cast<long>(std::pow(codes, channels.size()));
    CodeRange extremes{std::numeric_limits<int>::max(), std::numeric_limits<int>::min()};
    for (long vector = 0; vector < vectors; ++vector) {
        int sum = 0;
        long rest = vector;
        for (const int channel : channels) {
            const int activation = activations.low + static_cast<int>(rest % codes);
            sum += activation * weights.at(out, channel, tap / weights.kernel, tap % weights.kernel);
            rest /= codes;
        }
        extremes = {std::min(extremes.low, sum), std::max(extremes.high, sum)};
    }
    return extremes;
}

bool holds(int bits, CodeRange sums) {
    return sums.low >= signed_range(bits).low && sums.high <= signed_range(bits).high;
}

bool all_runs_hold(const CodeWeights &weights, CodeRange activations, std::span<const int> order, int run, int bits) {
    for (std::size_t first = 0; first < order.size(); first += static_cast<std::size_t>(run)) {
        const auto channels = order.subspan(first, static_cast<std::size_t>(run));
        for (int tap = 0; tap < weights.kernel * weights.kernel; ++tap) {
            for (int out = 0; out < weights.out_channels; ++out) {
                if (!holds(bits, extremes_by_trial(weights, activations, channels, tap, out))) return false;
            }
        }
    }
    return true;
}

bool is_permutation_of_channels(std::vector<int> order, int channels) {
    std::sort(order.begin(), order.end());
    return order == identity_order(channels);
}

TEST(RunLength, FollowsFromTheRanges) {
    struct Row {
        CodeRange weights, activations;
        int run = 0;
    };
    constexpr CodeRange s2 = shifted_range(2), s3 = shifted_range(3), s4 = shifted_range(4);
    constexpr CodeRange u2{0, 3}, u3{0, 7}, u4{0, 15}, ternary{-1, 1};
    const Row rows[] = {
        {s2, s2, 31},
        {s3, s3, 7},
        {s4, s4, 1},
        {s2, u2, 21},
        {ternary, u2, 42},
        {s4, u2, 5},
        {s2, u4, 4},
        {ternary, u4, 8},
        {s3, u3, 4},
        {{-3, 3}, u3, 6},
        {{-7, 7}, u2, 6},
        {s4, u4, 1},
        {{-7, 7}, s4, 2},
        {{-7, 7}, {-7, 7}, 2},
        {shifted_range(1), shifted_range(1), 127},
    };
    for (const auto &[weights, activations, run] : rows) {
        EXPECT_EQ(run_length(weights, activations, byte), run) << weights.low << " " << activations.high;
        EXPECT_EQ(run_length(activations, weights, byte), run) << activations.low << " " << weights.high;
    }
    EXPECT_EQ(run_length(s2, s2, 16), 8191);
    EXPECT_EQ(run_length(s3, s3, 16), 2047);
    EXPECT_EQ(run_length(s4, s4, 16), 511);
    EXPECT_EQ(run_length(s2, u2, 16), 5461);
    EXPECT_EQ(run_length({0, 0}, s4, byte), std::numeric_limits<int>::max());
}

// Both ends of the accumulator, to the unit: -128 is in it, 128 is not.
TEST(RunLength, TheBoundIsTheAccumulators) {
    const CodeWeights weights{1, 4, 1, {64, 64, -64, -64}};
    const std::vector<int> order = identity_order(4);
    EXPECT_EQ(longest_uniform_run({weights, CodeRange{-1, 0}}, order, byte), 1);  // -64 * -1 twice is 128
    EXPECT_EQ(longest_uniform_run({weights, CodeRange{0, 1}}, order, byte), 1);
    const CodeWeights negative{1, 2, 1, {-64, -64}};
    EXPECT_EQ(longest_uniform_run({negative, CodeRange{0, 1}}, identity_order(2), byte), 2);
    EXPECT_EQ(longest_uniform_run({negative, CodeRange{-1, 0}}, identity_order(2), byte), 1);
    const CodeWeights large{1, 1, 1, {-65}};
    EXPECT_EQ(longest_uniform_run({large, CodeRange{0, 2}}, identity_order(1), byte), 0);
    const CodeWeights beyond{1, 3, 1, {-43, -43, -43}};  // -129
    EXPECT_EQ(longest_uniform_run({beyond, CodeRange{0, 1}}, identity_order(3), byte), 1);
}

TEST(RunLength, EqualsTrialOfAllActivations) {
    for (unsigned seed = 1; seed <= 60; ++seed) {
        SCOPED_TRACE(testing::Message() << "seed " << seed);
        std::mt19937 random(seed);
        const int in = seed % 2 == 0 ? 6 : 4, kernel = seed % 3 == 0 ? 3 : 1;
        const CodeRange range = shifted_range(3 + static_cast<int>(seed % 4));
        const CodeRange activations = seed % 5 == 0 ? CodeRange{0, 3} : CodeRange{-2, 1};
        const CodeWeights weights = uniform_weights(random, 2, in, kernel, range);
        std::vector<int> order = identity_order(in);
        std::shuffle(order.begin(), order.end(), random);

        int expected = 0;
        for (int run = 1; run <= in; ++run) {
            if (in % run == 0 && all_runs_hold(weights, activations, order, run, byte)) expected = run;
        }
        EXPECT_EQ(longest_uniform_run({weights, activations}, order, byte), expected);
    }
}

// A run is as long as it can be: with the next divisor some output wraps on activations that are the worst for it.
TEST(RunLength, LongerRunsOverflow) {
    constexpr int outs = 16, channels = 256;
    for (const int bits : {2, 3, 4}) {
        SCOPED_TRACE(testing::Message() << bits << " bits");
        const CodeWeights weights = random_weights(outs, channels, 3, bits, 7);
        const CodeRange activations = shifted_range(bits);
        const int run = longest_uniform_run({weights, activations}, identity_order(channels), byte), longer = 2 * run;
        ASSERT_GT(run, 0);
        ASSERT_LE(longer, channels);
        bool wraps = false;
        for (int out = 0; out < outs; ++out) {
            for (int i = 0; i < 9 * channels / longer; ++i) {
                int sum = 0;
                for (int in = i / 9 * longer; in < (i / 9 + 1) * longer; ++in) {
                    const std::int16_t weight = weights.at(out, in, i % 9 / 3, i % 3);
                    sum += weight * (weight < 0 ? activations.low : activations.high);
                }
                wraps = wraps || static_cast<std::int8_t>(sum) != sum;
            }
        }
        EXPECT_TRUE(wraps);
    }
}

// A run of MLA in bytes, as the kernels add: prefixes wrap, the spilled sum is right.
TEST(RunLength, PrefixesMayWrap) {
    const CodeWeights weights{1, 4, 1, {100, 100, -100, -100}};
    const WorstProducts products(weights, CodeRange{1, 1});
    EXPECT_EQ(longest_uniform_run(products, identity_order(4), byte), 4);
    EXPECT_EQ(longest_runs(products, identity_order(4), byte), std::vector<int>{4});
    std::uint8_t accumulator = 0;
    for (const std::int16_t weight : weights.values)
        accumulator = static_cast<std::uint8_t>(accumulator + static_cast<std::uint8_t>(weight));
    EXPECT_EQ(accumulator, 0);
}

TEST(RunLength, EachTapHasARunOfItsOwn) {
    CodeWeights weights{1, 4, 2, std::vector<std::int16_t>(16, 1)};
    for (std::size_t in = 0; in < 4; ++in) weights.values[4 * in + 3] = 50;  // tap (1, 1)
    const WorstProducts products(weights, CodeRange{0, 1});
    EXPECT_EQ(longest_runs(products, identity_order(4), byte), (std::vector<int>{4, 4, 4, 2}));
    EXPECT_EQ(longest_uniform_run(products, identity_order(4), byte), 2);
    EXPECT_EQ(safe_taps(products, identity_order(4), 3, byte), (std::vector<bool>{true, true, true, false}));
}

TEST(RunLength, EachTapHasARangeOfItsOwn) {
    const CodeWeights weights{1, 2, 2, std::vector<std::int16_t>(8, 10)};
    const CodeRange activations[] = {{0, 1}, {0, 7}, {-6, 0}, {-7, 0}};
    const WorstProducts products(weights, activations);
    EXPECT_EQ(longest_runs(products, identity_order(2), byte), (std::vector<int>{2, 1, 2, 1}));
}

TEST(SecondLevel, FitsSixteenBitsUpToTheBound) {
    const CodeRange activations{-8, 7};
    CodeWeights weights{1, 511, 1, std::vector<std::int16_t>(511, -8)};  // 64 * 511 = 32704
    EXPECT_TRUE(fits({weights, activations}, 16));
    weights.in_channels = 512;
    weights.values.push_back(-8);  // 32768
    EXPECT_FALSE(fits({weights, activations}, 16));
    EXPECT_TRUE(fits({weights, activations}, 17));
    weights.values.back() = -7;
    EXPECT_TRUE(fits({weights, activations}, 16));
}

TEST(SecondLevel, SpillsInTime) {
    const CodeWeights weights{1, 1024, 1, std::vector<std::int16_t>(1024, -8)};
    const WorstProducts products(weights, shifted_range(4));
    EXPECT_EQ(longest_uniform_run(products, identity_order(1024), byte), 1);
    EXPECT_EQ(longest_uniform_spill(products, identity_order(1024), 1), 256);  // of 511; a divisor of 1024
    EXPECT_EQ(longest_uniform_spill(products, identity_order(1024), 2), 128);
}

TEST(ChannelOrder, IsAPermutationThatNeverShortensRuns) {
    for (unsigned seed = 1; seed <= 12; ++seed) {
        const int bits = 2 + static_cast<int>(seed % 3);
        SCOPED_TRACE(testing::Message() << bits << " bits, seed " << seed);
        const CodeWeights weights = random_weights(16, 48, 3, bits, seed);
        const WorstProducts products(weights, shifted_range(bits));
        const int plain = longest_uniform_run(products, identity_order(48), byte);
        for (const int run : {1, 2, 4, 16}) {
            EXPECT_TRUE(is_permutation_of_channels(channel_order(products, run), 48)) << run;
        }
        const UniformRuns best = best_uniform_run(products);
        EXPECT_TRUE(is_permutation_of_channels(best.order, 48));
        EXPECT_GE(best.run, plain);
        EXPECT_EQ(longest_uniform_run(products, best.order, byte), best.run);
        EXPECT_EQ(best_uniform_run(products).order, best.order);

        const TapRuns taps = best_tap_runs(products);
        EXPECT_TRUE(is_permutation_of_channels(taps.order, 48));
        EXPECT_EQ(longest_runs(products, taps.order, byte), taps.runs);
    }
}

// Large weights lie side by side: only another order gives them runs.
TEST(ChannelOrder, SpreadsLargeWeights) {
    CodeWeights weights{1, 32, 1, std::vector<std::int16_t>(32, 1)};
    std::fill(weights.values.begin(), weights.values.begin() + 4, std::int16_t{7});
    const WorstProducts products(weights, CodeRange{0, 15});  // a large one takes 105 of 127
    EXPECT_EQ(longest_uniform_run(products, identity_order(32), byte), 1);
    EXPECT_EQ(longest_uniform_run(products, channel_order(products, 2), byte), 2);
    EXPECT_EQ(best_uniform_run(products).run, 2);
}

// At 4 bits two products of -8 are one too many for a run of two; an order without such pairs exists for a layer of any
// size.
TEST(ChannelOrder, AvoidsPairsOfTheLargest) {
    const WorstProducts products(random_weights(128, 128, 3, 4, 1), shifted_range(4));
    EXPECT_EQ(longest_uniform_run(products, identity_order(128), byte), 1);
    EXPECT_EQ(best_uniform_run(products).run, 2);
}

TEST(ChannelOrder, KeepsTheIdentityWhereNothingHelps) {
    const CodeWeights weights{1, 8, 1, std::vector<std::int16_t>(8, -8)};
    const WorstProducts products(weights, shifted_range(4));
    EXPECT_EQ(channel_order(products, 4), identity_order(8));
    const CodeWeights too_large{1, 2, 1, {127, 127}};
    EXPECT_EQ(best_uniform_run({too_large, CodeRange{0, 2}}).run, 0);
    EXPECT_EQ(best_uniform_run({too_large, CodeRange{0, 2}}).order, identity_order(2));
}

// Sums of a run that ends as late as it can, over K = 576 and tiles of 32 channels: on average 82, 20, 3.1 products.
TEST(RandomWeights, HaveTheRunsOfTrainedLayers) {
    const double expected[] = {82, 20, 3.1};
    for (const int bits : {2, 3, 4}) {
        const CodeWeights weights = random_weights(32, 64, 3, bits, 1);
        const WorstProducts products(weights, shifted_range(bits));
        std::vector<int> largest(32), smallest(32);
        int runs = 1;
        for (int i = 0; i < 9 * 64; ++i) {
            const std::size_t tap = static_cast<std::size_t>(i) / 64, first = 32 * tap;
            const auto most = products.largest(i % 64).subspan(first, 32);
            const auto least = products.smallest(i % 64).subspan(first, 32);
            bool is_full = false;
            for (std::size_t out = 0; out < 32; ++out) {
                is_full = is_full || largest[out] + most[out] > 127 || smallest[out] + least[out] < -128;
            }
            if (is_full) {
                std::fill(largest.begin(), largest.end(), 0);
                std::fill(smallest.begin(), smallest.end(), 0);
                ++runs;
            }
            for (std::size_t out = 0; out < 32; ++out) {
                largest[out] += most[out];
                smallest[out] += least[out];
            }
        }
        EXPECT_NEAR(576.0 / runs, expected[bits - 2], 0.2 * expected[bits - 2]) << bits << " bits";
    }
}

TEST(RandomWeights, AreNormalAndTheSameEverywhere) {
    const CodeWeights weights = random_weights(64, 64, 3, 2, 1);
    const auto all = static_cast<double>(weights.values.size());
    // Codes are cut at -1.733, 0 and 1.733 standard deviations.
    const double shares[] = {0.0415, 0.4585, 0.4585, 0.0415};
    for (int code = -2; code <= 1; ++code) {
        const auto count = std::count(weights.values.begin(), weights.values.end(), static_cast<std::int16_t>(code));
        EXPECT_NEAR(static_cast<double>(count) / all, shares[code + 2], 0.01) << code;
    }
    std::uint64_t hash = 0xCBF29CE484222325U;
    for (const std::int16_t code : random_weights(8, 8, 3, 4, 1).values) {
        hash = (hash ^ static_cast<std::uint8_t>(code)) * 0x100000001B3U;
    }
    EXPECT_EQ(hash, 1811650827305469022U);
    EXPECT_NE(weights.values, random_weights(64, 64, 3, 2, 2).values);
}

// F(2x2, 3x3) in one dimension both ways: A^T [(2G w (2G)^T) * (B^T d B)] A = 4 times the convolution.
int winograd_output(const CodeWeights &transformed, const int (&patch)[4][4], int out_y, int out_x) {
    constexpr int input_rows[4][4] = {{1, 0, -1, 0}, {0, 1, 1, 0}, {0, -1, 1, 0}, {0, 1, 0, -1}};
    constexpr int output_rows[2][4] = {{2, 1, 1, 0}, {0, 1, -1, -2}};  // twice those of the transform
    int sum = 0;
    for (int y = 0; y < 4; ++y) {
        for (int x = 0; x < 4; ++x) {
            int input = 0;
            for (int i = 0; i < 4; ++i) {
                for (int j = 0; j < 4; ++j) input += input_rows[y][i] * input_rows[x][j] * patch[i][j];
            }
            sum += output_rows[out_y][y] * output_rows[out_x][x] * transformed.at(0, 0, y, x) * input;
        }
    }
    return sum;
}

TEST(Winograd, IsExact) {
    std::mt19937 random(3);
    for (int round = 0; round < 200; ++round) {
        const CodeWeights weights = uniform_weights(random, 1, 1, 3, shifted_range(4));
        const CodeWeights window = uniform_weights(random, 1, 1, 4, shifted_range(4));
        CodeWeights transformed;
        ASSERT_TRUE(transform_weights(weights, transformed).ok());
        WinogradRanges ranges;
        ASSERT_TRUE(transform_range(shifted_range(4), ranges).ok());
        int patch[4][4];
        for (int i = 0; i < 16; ++i) patch[i / 4][i % 4] = int{window.at(0, 0, i / 4, i % 4)};
        for (int i = 0; i < 4; ++i) {
            int expected = 0;
            for (int tap = 0; tap < 9; ++tap) {
                expected += weights.at(0, 0, tap / 3, tap % 3) * patch[i / 2 + tap / 3][i % 2 + tap % 3];
            }
            ASSERT_EQ(winograd_output(transformed, patch, i / 2, i % 2), 4 * expected);
        }
    }
}

TEST(Winograd, RangesAreThoseOfTheTransform) {
    WinogradRanges ranges;
    ASSERT_TRUE(transform_range(shifted_range(2), ranges).ok());
    EXPECT_EQ(ranges[0], (CodeRange{-6, 6}));
    EXPECT_EQ(ranges[5], (CodeRange{-8, 4}));
    EXPECT_EQ(ranges[6], (CodeRange{-6, 6}));
    EXPECT_EQ(ranges[10], (CodeRange{-6, 6}));
    EXPECT_TRUE(transform_range(shifted_range(6), ranges).ok());
    const WinogradRanges before = ranges;
    const Status status = transform_range(shifted_range(7), ranges);
    EXPECT_EQ(status.code(), ErrorCode::invalid_argument);
    EXPECT_NE(status.message().find("-254 to 254"), std::string::npos) << status.message();
    EXPECT_EQ(ranges, before);
}

TEST(Winograd, RefusesWhatDoesNotFit) {
    CodeWeights transformed;
    EXPECT_EQ(transform_weights({1, 1, 1, {1}}, transformed).code(), ErrorCode::invalid_argument);
    const Status status = transform_weights({1, 1, 3, std::vector<std::int16_t>(9, -16)}, transformed);
    EXPECT_EQ(status.code(), ErrorCode::invalid_argument);
    EXPECT_NE(status.message().find("-144"), std::string::npos) << status.message();
    EXPECT_TRUE(transformed.values.empty());
    EXPECT_TRUE(transform_weights({1, 1, 3, std::vector<std::int16_t>(9, -8)}, transformed).ok());
    EXPECT_EQ(transformed.at(0, 0, 1, 1), -72);
}

// The figures of 64 channels at 2 bits: runs of each position in one order, shortest in the middle.
TEST(Winograd, HasRunsAtTwoBits) {
    CodeWeights transformed;
    ASSERT_TRUE(transform_weights(random_weights(32, 64, 3, 2, 1), transformed).ok());
    WinogradRanges ranges;
    ASSERT_TRUE(transform_range(shifted_range(2), ranges).ok());
    const WorstProducts products(transformed, ranges);
    const TapRuns best = best_tap_runs(products);
    double spills = 0.0;
    for (const int run : best.runs) {
        ASSERT_GT(run, 0);
        spills += 1.0 / run;
    }
    EXPECT_GT(16.0 / spills, 1.5);
    EXPECT_LE(*std::min_element(best.runs.begin(), best.runs.end()), best.runs[0]);
}

}  // namespace
}  // namespace dsq::tests
