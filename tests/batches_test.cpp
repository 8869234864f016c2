#include "data/batches.h"

#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/numbered_images.h"

namespace dsq {
namespace {

using tests::augmented;
using tests::Copy;
using tests::numbered_images;

void open(Batches &batches, const DataSet &data_set, const BatchOptions &options) {
    const Status status = batches.open(data_set, options);
    ASSERT_TRUE(status.ok()) << status.message();
}

void start(Batches &batches, int epoch, int first_batch = 0) {
    const Status status = batches.start(epoch, first_batch);
    ASSERT_TRUE(status.ok()) << status.message();
}

std::vector<Copy> read(Batches &batches, int epoch, int first_batch = 0) {
    start(batches, epoch, first_batch);
    std::vector<Copy> copies;
    for (Batch batch; batches.next(batch);) {
        copies.emplace_back(batch);
    }
    return copies;
}

std::vector<Copy> read(const DataSet &data_set, const BatchOptions &options, int epoch, int first_batch = 0) {
    Batches batches;
    open(batches, data_set, options);
    return read(batches, epoch, first_batch);
}

TEST(Batches, AreTheSameWhateverWasReadBefore) {
    const DataSet data_set = numbered_images();
    const std::vector<Copy> expected = read(data_set, augmented, 3);
    Batches batches;
    open(batches, data_set, augmented);
    EXPECT_EQ(read(batches, 0).size(), 7U);
    start(batches, 3, 2);
    Batch batch;
    EXPECT_TRUE(batches.next(batch) && batches.next(batch));
    start(batches, 8);
    EXPECT_EQ(read(batches, 3), expected);
    EXPECT_EQ(read(batches, 3), expected) << "again";
}

TEST(Batches, ResumeAtAnyBatch) {
    const DataSet data_set = numbered_images();
    const std::vector<Copy> whole = read(data_set, augmented, 2);
    for (int first = 0; first <= 7; ++first) {
        const std::vector<Copy> rest(whole.begin() + first, whole.end());
        EXPECT_EQ(read(data_set, augmented, 2, first), rest) << "from " << first;
    }
}

TEST(Batches, DifferFromEpochToEpochAndSeedToSeed) {
    const DataSet data_set = numbered_images();
    BatchOptions other_seed = augmented;
    other_seed.seed = 2;
    const Copy first = read(data_set, augmented, 0).front();
    EXPECT_NE(first.labels, read(data_set, augmented, 1).front().labels);
    EXPECT_NE(first.labels, read(data_set, other_seed, 0).front().labels);
    BatchOptions in_order = augmented;
    in_order.shuffle = false;
    EXPECT_NE(read(data_set, in_order, 0).front().values, read(data_set, in_order, 1).front().values);
}

TEST(Batches, StayAsTheyAreUntilTheNextIsAskedForAndReuseTheirMemory) {
    const DataSet data_set = numbered_images();
    Batches batches;
    open(batches, data_set, augmented);
    std::set<const float *> memory;
    for (int epoch = 0; epoch < 4; ++epoch) {
        start(batches, epoch);
        for (Batch batch; batches.next(batch);) {
            const Copy copy(batch);
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
            EXPECT_EQ(Copy(batch), copy);
            memory.insert(batch.values.data());
        }
    }
    EXPECT_LE(memory.size(), 3U);
}

TEST(Batches, StartWhileOneIsBeingMade) {
    const DataSet data_set = numbered_images();
    BatchOptions options = augmented;
    options.batch_size = 200;
    const Copy expected = read(data_set, options, 1).front();
    Batches batches;
    open(batches, data_set, options);
    for (int round = 0; round < 300; ++round) {
        start(batches, 0);
        std::this_thread::sleep_for(std::chrono::microseconds(round % 10));
        start(batches, 1);
        Batch batch;
        ASSERT_TRUE(batches.next(batch));
        ASSERT_EQ(Copy(batch), expected);
    }
}

TEST(Batches, StopAtAnyMoment) {
    const DataSet data_set = numbered_images();
    { const Batches never_opened; }
    for (int round = 0; round < 200; ++round) {
        Batches batches;
        open(batches, data_set, augmented);
        for (int epoch = 0; epoch < round % 3; ++epoch) {
            start(batches, epoch, round % 5);
            Batch batch;
            for (int i = 0; i < round % 9; ++i) {
                EXPECT_EQ(batches.next(batch), round % 5 + i < 7);
            }
        }
        std::this_thread::sleep_for(std::chrono::microseconds(round % 7 * 20));
    }
}

TEST(Batches, MoveAndOpenAgain) {
    const DataSet data_set = numbered_images(), fewer = numbered_images(50);
    Batches first;
    open(first, data_set, augmented);
    start(first, 1);
    Batches second = std::move(first);
    EXPECT_EQ(read(second, 1), read(data_set, augmented, 1));
    start(second, 2);
    open(second, fewer, augmented);
    EXPECT_EQ(second.batches_per_epoch(), 2);
    Batch batch;
    EXPECT_FALSE(second.next(batch)) << "not started";
    EXPECT_EQ(read(second, 1), read(fewer, augmented, 1));
}

TEST(Batches, RefuseABadDataSetAndBadStarts) {
    DataSet data_set = numbered_images();
    Batches batches;
    EXPECT_EQ(batches.start(0).message(), "batches: expected to be open, found that they are not");
    open(batches, data_set, augmented);
    EXPECT_EQ(batches.start(-1).message(), "epoch = -1: expected 0 or more");
    EXPECT_EQ(batches.start(0, -1).message(), "first_batch = -1: expected 0 to 7");
    EXPECT_EQ(batches.start(0, 8).message(), "first_batch = 8: expected 0 to 7");
    data_set.labels.pop_back();
    EXPECT_EQ(Batches().open(data_set, augmented).message(), "labels: expected 200, one for each image, found 199");
}

}  // namespace
}  // namespace dsq
