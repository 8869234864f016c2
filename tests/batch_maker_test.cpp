#include "data/batch_maker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "tests/support/numbered_images.h"

namespace dsq {
namespace {

using tests::augmented;
using tests::Copy;
using tests::numbered_images;
using Bytes = std::vector<std::uint8_t>;

BatchOptions raw(BatchOptions options) {
    options.format = BatchFormat::raw;
    return options;
}

std::vector<Copy> make_epoch(BatchMaker &maker, int epoch) {
    BatchBuffers buffers;
    maker.allocate(buffers);
    std::vector<Copy> copies;
    for (int index = 0; index < maker.batches_per_epoch(); ++index) {
        maker.make(epoch, index, buffers);
        copies.emplace_back(buffers.batch);
    }
    return copies;
}

std::vector<Copy> make_epoch(const DataSet &data_set, const BatchOptions &options, int epoch) {
    EXPECT_TRUE(validate(options, data_set).ok());
    BatchMaker maker(data_set, options);
    return make_epoch(maker, epoch);
}

Bytes labels(const std::vector<Copy> &copies) {
    Bytes all;
    for (const Copy &copy : copies) {
        all.insert(all.end(), copy.labels.begin(), copy.labels.end());
    }
    return all;
}

Bytes image(const Bytes &pixels, std::size_t number) {
    const std::span found = std::span(pixels).subspan(number * 60, 60);
    return {found.begin(), found.end()};
}

TEST(BatchMaker, KeepsTheOrderWithoutShuffle) {
    const DataSet data_set = numbered_images();
    const std::vector<Copy> copies = make_epoch(data_set, {.batch_size = 64, .format = BatchFormat::raw}, 5);
    ASSERT_EQ(copies.size(), 4U);
    Bytes pixels;
    for (int i = 0; i < 4; ++i) {
        const Copy &copy = copies[static_cast<std::size_t>(i)];
        EXPECT_EQ(std::tuple(copy.epoch, copy.index, copy.count), std::tuple(5, i, i < 3 ? 64 : 8));
        EXPECT_TRUE(copy.values.empty());
        pixels.insert(pixels.end(), copy.pixels.begin(), copy.pixels.end());
    }
    EXPECT_EQ(pixels, data_set.pixels);
    EXPECT_EQ(labels(copies), data_set.labels);
}

TEST(BatchMaker, DropsTheLastBatchWhereItIsSmaller) {
    const DataSet data_set = numbered_images();
    EXPECT_EQ(labels(make_epoch(data_set, {.batch_size = 64, .drop_last = true}, 0)).size(), 192U);
    EXPECT_EQ(labels(make_epoch(data_set, {.batch_size = 50, .drop_last = true}, 0)).size(), 200U);
    EXPECT_EQ(make_epoch(data_set, {.batch_size = 1000}, 0).size(), 1U);
}

TEST(BatchMaker, ShufflesEveryImageOnceAnEpoch) {
    const DataSet data_set = numbered_images();
    int in_place = 0;
    BatchMaker maker(data_set, {.batch_size = 7, .shuffle = true, .format = BatchFormat::raw});
    for (int epoch = 0; epoch < 200; ++epoch) {
        const std::vector<Copy> copies = make_epoch(maker, epoch);
        Bytes order = labels(copies);
        for (std::size_t i = 0; i < order.size(); ++i) {
            ASSERT_EQ(image(copies[i / 7].pixels, i % 7), image(data_set.pixels, order[i]));
            in_place += order[i] == i ? 1 : 0;
        }
        std::sort(order.begin(), order.end());
        ASSERT_EQ(order, data_set.labels);
    }
    EXPECT_NEAR(in_place / 200.0, 1.0, 5 / std::sqrt(200.0)) << "a random permutation has one fixed point on average";
}

/// What an augmented image should be, pixel by pixel.
Bytes window(const DataSet &data_set, std::size_t number, int down, int right, bool mirrored) {
    const Bytes source = image(data_set.pixels, number);
    Bytes pixels;
    for (int y = 0; y < data_set.height; ++y) {
        for (int x = 0; x < data_set.width; ++x) {
            const int row = y + down, column = (mirrored ? data_set.width - 1 - x : x) + right;
            const bool inside = row >= 0 && row < data_set.height && column >= 0 && column < data_set.width;
            const int pixel = row * data_set.width + column;
            for (std::size_t channel = 0; channel < 3; ++channel) {
                pixels.push_back(inside ? source[static_cast<std::size_t>(pixel) * 3 + channel] : 0);
            }
        }
    }
    return pixels;
}

/// The number of the placement that made an augmented image: 25 windows, then 25 mirrored ones.
int placement(const DataSet &data_set, std::size_t number_of_image, const Bytes &pixels) {
    int number = 0;
    for (const bool mirrored : {false, true}) {
        for (int down = -2; down <= 2; ++down) {
            for (int right = -2; right <= 2; ++right, ++number) {
                if (window(data_set, number_of_image, down, right, mirrored) == pixels) return number;
            }
        }
    }
    ADD_FAILURE() << "image " << number_of_image << " is none of its windows";
    return 0;
}

std::vector<int> placements(const DataSet &data_set, const std::vector<Copy> &copies) {
    std::vector<int> numbers(data_set.labels.size());
    for (const Copy &copy : copies) {
        for (std::size_t i = 0; i < copy.labels.size(); ++i) {
            numbers[copy.labels[i]] = placement(data_set, copy.labels[i], image(copy.pixels, i));
        }
    }
    return numbers;
}

// Training that is resumed with another version must see the same batches. The numbers are a separate program's, in
// Python.
TEST(BatchMaker, OrderAndPlacementsStayAsTheyAre) {
    const DataSet data_set = numbered_images();
    const std::vector<Copy> copies = make_epoch(data_set, raw(augmented), 3);
    const std::vector<int> numbers = placements(data_set, copies);
    EXPECT_EQ(Bytes(copies[0].labels.begin(), copies[0].labels.begin() + 6), (Bytes{13, 187, 124, 195, 144, 86}));
    EXPECT_EQ(std::vector(numbers.begin(), numbers.begin() + 6), (std::vector{6, 9, 17, 46, 35, 33}));
}

TEST(BatchMaker, PlacementsAreEquallyFrequentAndIndependent) {
    constexpr int epochs = 50;
    const DataSet data_set = numbered_images();
    BatchMaker maker(data_set, raw(augmented));
    std::vector<int> counts(50), before(200, -1);
    int repeated = 0, like_neighbour = 0;
    for (int epoch = 0; epoch < epochs; ++epoch) {
        const std::vector<int> numbers = placements(data_set, make_epoch(maker, epoch));
        for (std::size_t i = 0; i < numbers.size(); ++i) {
            ++counts[static_cast<std::size_t>(numbers[i])];
            repeated += numbers[i] == before[i] ? 1 : 0;
            like_neighbour += i > 0 && numbers[i] == numbers[i - 1] ? 1 : 0;
        }
        before = numbers;
    }
    double chi_squared = 0;
    for (const int count : counts) {
        chi_squared += std::pow(count - 200.0, 2) / 200;
    }
    // Bounds of five standard deviations.
    EXPECT_LT(std::abs(chi_squared - 49), 5 * std::sqrt(2 * 49.0));
    EXPECT_NEAR(std::accumulate(counts.begin() + 25, counts.end(), 0), 5000, 5 * 50) << "mirrored";
    EXPECT_NEAR(repeated, 196, 5 * 14);
    EXPECT_NEAR(like_neighbour, 199, 5 * 14);
}

TEST(BatchMaker, WithoutFlipOrPaddingDoesOnlyTheOther) {
    const DataSet data_set = numbered_images();
    BatchOptions options = raw(augmented);
    options.flip = false;
    for (const int number : placements(data_set, make_epoch(data_set, options, 0))) {
        EXPECT_LT(number, 25);
    }
    options.flip = true;
    options.padding = 0;
    for (const int number : placements(data_set, make_epoch(data_set, options, 0))) {
        EXPECT_EQ(number % 25, 12) << "the window in the middle";
    }
}

TEST(BatchMaker, NormalizationIsExactAlsoForPadding) {
    const DataSet data_set = numbered_images();
    BatchOptions options = augmented;
    const std::vector<Copy> bytes = make_epoch(data_set, raw(options), 0), plain = make_epoch(data_set, options, 0);
    options.mean = {0.485F, 0.456F, 0.406F};
    options.deviation = {0.229F, 0.224F, 0.225F};
    const std::vector<Copy> normalized = make_epoch(data_set, options, 0);
    std::set<int> seen;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        EXPECT_EQ(normalized[i].labels, bytes[i].labels);
        EXPECT_TRUE(normalized[i].pixels.empty());
        ASSERT_EQ(normalized[i].values.size(), bytes[i].pixels.size());
        for (std::size_t j = 0; j < bytes[i].pixels.size(); ++j) {
            const float value = static_cast<float>(bytes[i].pixels[j]) / 255.0F;
            ASSERT_EQ(plain[i].values[j], value);
            ASSERT_EQ(normalized[i].values[j], (value - options.mean[j % 3]) / options.deviation[j % 3]);
            seen.insert(bytes[i].pixels[j]);
        }
    }
    EXPECT_EQ(seen.size(), 256U);
}

TEST(BatchMaker, RefusesBadOptions) {
    const DataSet data_set = numbered_images();
    const auto message = [&](const BatchOptions &options) {
        const Status status = validate(options, data_set);
        EXPECT_EQ(status.code(), ErrorCode::invalid_argument);
        return status.message();
    };
    EXPECT_EQ(message({.batch_size = 0}), "batch_size = 0: expected 1 or more");
    EXPECT_EQ(message({.batch_size = 201, .drop_last = true}),
              "batch_size = 201: expected at most 200, the number of images, with drop_last");
    EXPECT_EQ(message({.padding = -1}), "padding = -1: expected 0 to 4, the image's side");
    EXPECT_EQ(message({.padding = 5}), "padding = 5: expected 0 to 4, the image's side");
    EXPECT_EQ(message({.mean = {1, 2}}), "mean: expected no value or 3, one a channel, found 2");
    EXPECT_EQ(message({.mean = {0, NAN, 0}}), "mean = nan: expected a finite number");
    EXPECT_EQ(message({.deviation = {1, 1, 0}}), "deviation = 0.000000: expected more than 0");
    EXPECT_EQ(message({.deviation = {1, 1, NAN}}), "deviation = nan: expected a finite number");
    EXPECT_EQ(message({.deviation = {1, 1, 1, 1}}), "deviation: expected no value or 3, one a channel, found 4");
}

}  // namespace
}  // namespace dsq
