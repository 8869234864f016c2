#include "data/data_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <string>
#include <tuple>
#include <vector>

#include "data/cifar10.h"

namespace dsq {
namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<std::uint8_t>;

const std::string fashion_mnist = "/usr/share/datasets/fashion-mnist/";  // Debian's dataset-fashion-mnist

constexpr std::uintmax_t record_size = 3073;
constexpr std::uintmax_t file_size = 10000 * record_size;
const std::string expected_size = ": expected a file of 30730000 bytes (10000 records of 3073), found ";
const std::string looked_for =
    ": expected CIFAR-10 (data_batch_1.bin to data_batch_5.bin, test_batch.bin) or IDX (train-images-idx3-ubyte, "
    "train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte, each plain or .gz), found ";

/// A folder of this test alone (tests run side by side), for as long as this object lives.
class TemporaryFolder : public testing::Test {
protected:
    const std::string folder = testing::TempDir() + "data_set_test_" +
                               testing::UnitTest::GetInstance()->current_test_info()->test_suite_name() +
                               testing::UnitTest::GetInstance()->current_test_info()->name();

    TemporaryFolder() {
        fs::remove_all(folder);
        fs::create_directory(folder);
    }
    void TearDown() override {
        fs::remove_all(folder);
    }

    std::string path(const std::string &name) const {
        return (fs::path(folder) / name).string();
    }

    void write(const std::string &name, const Bytes &bytes) const {
        std::ofstream file(path(name), std::ios::binary | std::ios::trunc);
        std::copy(bytes.begin(), bytes.end(), std::ostreambuf_iterator<char>(file));
    }

    /// The split is refused with a message of two parts, and nothing is changed.
    void expect_refused(Split split, const std::string &subject, const std::string &message) const {
        DataSet data_set{.name = "before", .pixels = {7}};
        const Status status = open_data_set(folder, split, data_set);
        EXPECT_EQ(status.code(), ErrorCode::invalid_file);
        EXPECT_EQ(status.message(), subject + message);
        EXPECT_EQ(std::tuple(data_set.name, data_set.count, data_set.pixels), std::tuple("before", 0, Bytes{7}));
    }
};

void expect_shape(const DataSet &data_set, int count, int side, int channels) {
    EXPECT_EQ(data_set.count, count);
    EXPECT_EQ(std::tuple(data_set.height, data_set.width), std::tuple(side, side));
    EXPECT_EQ(std::tuple(data_set.channels, data_set.classes), std::tuple(channels, 10));
    EXPECT_EQ(data_set.pixels.size(),
              static_cast<std::size_t>(count) * static_cast<std::size_t>(side * side * channels));
    EXPECT_TRUE(validate(data_set).ok());
}

void expect_equally_many_of_each_label(const DataSet &data_set) {
    for (std::uint8_t label = 0; label < 10; ++label) {
        EXPECT_EQ(std::count(data_set.labels.begin(), data_set.labels.end(), label), data_set.count / 10)
            << "label " << int{label};
    }
}

class RealData : public testing::TestWithParam<Split> {};

TEST_P(RealData, FashionMnistHasItsImagesAndLabels) {
    DataSet data_set;
    const Status status = open_data_set(fashion_mnist, GetParam(), data_set);
    ASSERT_TRUE(status.ok()) << status.message();
    const bool is_train = GetParam() == Split::train;
    expect_shape(data_set, is_train ? 60000 : 10000, 28, 1);
    expect_equally_many_of_each_label(data_set);
    EXPECT_EQ(data_set.labels[0], 9) << "an ankle boot, in both splits";
}

/// The mean of each channel, as a fraction of 255.
std::array<double, 3> channel_means(const DataSet &data_set) {
    std::array<double, 3> means{};
    for (std::size_t i = 0; i < data_set.pixels.size(); ++i) {
        means[i % 3] += data_set.pixels[i] / (255.0 * 1024 * data_set.count);
    }
    return means;
}

TEST_P(RealData, Cifar10HasItsImagesAndLabels) {
    if (!fs::exists(DSQ_CIFAR10_DIR)) {
        GTEST_SKIP() << "this machine has no CIFAR-10 in " DSQ_CIFAR10_DIR;
    }
    DataSet data_set;
    const Status status = open_data_set(DSQ_CIFAR10_DIR, GetParam(), data_set);
    ASSERT_TRUE(status.ok()) << status.message();
    EXPECT_EQ(data_set.name, "cifar10");
    const bool is_train = GetParam() == Split::train;
    expect_shape(data_set, is_train ? 50000 : 10000, 32, 3);
    expect_equally_many_of_each_label(data_set);
    EXPECT_EQ(data_set.labels[0], is_train ? 6 : 3) << "a frog; a cat";
    EXPECT_EQ(data_set.pixels[0], is_train ? 59 : 158);
    const std::array<double, 3> means = channel_means(data_set);
    const std::array<double, 3> known =
        is_train ? std::array{0.4914, 0.4822, 0.4465} : std::array{0.4942, 0.4851, 0.4504};
    for (std::size_t channel = 0; channel < 3; ++channel) {
        EXPECT_NEAR(means[channel], known[channel], 5e-5) << "channel " << channel;
    }
}
INSTANTIATE_TEST_SUITE_P(DataSet, RealData, testing::Values(Split::train, Split::test), [](const auto &tested) {
    return std::string(tested.param == Split::train ? "train" : "test");
});

/// Files of CIFAR-10's size that are all zeros but for a few bytes: they take next to no room on the disk.
class Cifar10 : public TemporaryFolder {
protected:
    void create(const std::string &name, std::uintmax_t size = file_size) const {
        write(name, {});
        fs::resize_file(path(name), size);
    }

    void create_all(Split split) const {
        for (const std::string &name : cifar10_files(split)) {
            create(name);
        }
    }

    void set(const std::string &name, std::uintmax_t place, std::uint8_t value) const {
        std::fstream file(path(name), std::ios::binary | std::ios::in | std::ios::out);
        file.seekp(static_cast<std::streamoff>(place));
        file.put(static_cast<char>(value));
    }
};

TEST_F(Cifar10, PlanesBecomeInterleaved) {
    create_all(Split::test);
    const std::uintmax_t record = 9999 * record_size, place = 2 * 32 + 5, plane = 1024;
    set("test_batch.bin", record, 9);
    for (std::uint8_t channel = 0; channel < 3; ++channel) {
        set("test_batch.bin", record + 1 + channel * plane + place, static_cast<std::uint8_t>(10 + channel));
        set("test_batch.bin", record + 1 + channel * plane + 1023, static_cast<std::uint8_t>(20 + channel));
    }
    DataSet data_set;
    const Status status = open_data_set(folder, Split::test, data_set);
    ASSERT_TRUE(status.ok()) << status.message();
    expect_shape(data_set, 10000, 32, 3);
    Bytes expected(30720000);
    Bytes::value_type *image = &expected[expected.size() - 3072];
    std::iota(image + place * 3, image + place * 3 + 3, std::uint8_t{10});
    std::iota(image + 3069, image + 3072, std::uint8_t{20});
    EXPECT_TRUE(data_set.pixels == expected);
    EXPECT_EQ(data_set.labels.back(), 9);
    EXPECT_EQ(std::count(data_set.labels.begin(), data_set.labels.end(), 0), 9999);
}

TEST_F(Cifar10, TheFilesFollowEachOther) {
    create_all(Split::train);
    const std::vector<std::string> names = cifar10_files(Split::train);
    for (std::uint8_t i = 0; i < 5; ++i) {
        set(names[i], 0, static_cast<std::uint8_t>(i + 1));
        set(names[i], 1, static_cast<std::uint8_t>(i + 101));
    }
    DataSet data_set;
    const Status status = open_data_set(folder, Split::train, data_set);
    ASSERT_TRUE(status.ok()) << status.message();
    for (std::size_t i = 0; i < 5; ++i) {
        EXPECT_EQ(data_set.labels[10000 * i], i + 1);
        EXPECT_EQ(data_set.pixels[10000 * i * 3072], i + 101);
    }
}

TEST_F(Cifar10, RefusesDamagedFiles) {
    const std::string damaged = path("data_batch_3.bin");
    create_all(Split::train);
    set("data_batch_3.bin", 123 * record_size, 10);
    expect_refused(Split::train, damaged, ": expected labels below 10, found 10 as label 123");
    for (const std::uintmax_t size : {std::uintmax_t{0}, file_size - 1, file_size - record_size, file_size + 1}) {
        create("data_batch_3.bin", size);
        expect_refused(Split::train, damaged, expected_size + std::to_string(size) + " bytes");
    }
    fs::remove(damaged);
    expect_refused(Split::train, damaged, expected_size + "none: No such file or directory");
    fs::create_directory(damaged);
    expect_refused(Split::train, damaged, expected_size + "none: Is a directory");
    expect_refused(Split::test, path("test_batch.bin"), expected_size + "none: No such file or directory");
}

/// Three images of 2 x 2.
class Idx : public TemporaryFolder {
protected:
    const Bytes labels{0, 0, 8, 1, 0, 0, 0, 3, 9, 0, 5};

    Idx() {
        Bytes images{0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 2};
        images.insert(images.end(), {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
        write("t10k-images-idx3-ubyte", images);
        write("t10k-labels-idx1-ubyte", labels);
    }
};

TEST_F(Idx, OpensPlainFilesBeforeOthers) {
    write("t10k-labels-idx1-ubyte.gz", {});
    for (const std::string &spelling : {folder, folder + "/."}) {
        DataSet data_set;
        const Status status = open_data_set(spelling, Split::test, data_set);
        ASSERT_TRUE(status.ok()) << status.message();
        EXPECT_EQ(data_set.name, fs::path(folder).filename());
        expect_shape(data_set, 3, 2, 1);
        EXPECT_EQ(data_set.labels, (Bytes{9, 0, 5}));
        EXPECT_EQ(data_set.pixels, (Bytes{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}));
    }
}

TEST_F(Idx, RefusesDamagedFiles) {
    const std::string damaged = path("t10k-labels-idx1-ubyte");
    Bytes bytes = labels;
    bytes[9] = 10;
    write("t10k-labels-idx1-ubyte", bytes);
    expect_refused(Split::test, damaged, ": expected labels below 10, found 10 as label 1");
    bytes.pop_back();
    write("t10k-labels-idx1-ubyte", bytes);
    expect_refused(Split::test, damaged, ": expected 3 bytes of labels (from its header; at least 1), found 2");
    bytes[7] = 2;
    write("t10k-labels-idx1-ubyte", bytes);
    expect_refused(Split::test, damaged, ": expected 3 labels, one for each image, found 2");
    fs::rename(damaged, damaged + ".gz");
    write("t10k-images-idx3-ubyte", {});
    expect_refused(Split::test, path("t10k-images-idx3-ubyte"), ": expected a header of 16 bytes, found 0");
}

TEST_F(Idx, SaysWhichFileIsMissing) {
    expect_refused(Split::train,
                   folder,
                   ": expected train-images-idx3-ubyte or train-images-idx3-ubyte.gz, found t10k-images-idx3-ubyte, "
                   "t10k-labels-idx1-ubyte");
    fs::remove(path("t10k-labels-idx1-ubyte"));
    expect_refused(Split::test,
                   folder,
                   ": expected t10k-labels-idx1-ubyte or t10k-labels-idx1-ubyte.gz, found t10k-images-idx3-ubyte");
}

TEST_F(Idx, RefusesTwoDataSetsInOneFolder) {
    write("test_batch.bin", {});
    expect_refused(Split::test,
                   folder,
                   ": expected one data set, found the files of CIFAR-10 and IDX files: t10k-images-idx3-ubyte, "
                   "t10k-labels-idx1-ubyte, test_batch.bin");
}

using UnknownFolder = TemporaryFolder;

TEST_F(UnknownFolder, SaysWhatWasLookedForAndFound) {
    expect_refused(Split::test, folder, looked_for + "an empty folder");
    fs::create_directory(path("cifar-10-batches-bin"));
    write("README", {});
    expect_refused(Split::test, folder, looked_for + "README, cifar-10-batches-bin/");
    for (char name = 'a'; name < 'k'; ++name) {
        write(std::string(1, name), {});
    }
    expect_refused(Split::test, folder, looked_for + "README, a, b, c, cifar-10-batches-bin/, d, e, f and 4 more");
}

TEST_F(UnknownFolder, SaysWhyItCannotBeRead) {
    fs::remove(folder);
    const std::string expected = ": expected a folder that can be read, found: ";
    expect_refused(Split::test, folder, expected + "No such file or directory");
    std::ofstream(folder).put('x');
    expect_refused(Split::test, folder, expected + "Not a directory");
}

void expect_invalid(const DataSet &data_set, const std::string &message) {
    const Status status = validate(data_set);
    EXPECT_EQ(status.code(), ErrorCode::invalid_argument);
    EXPECT_EQ(status.message(), message);
}

TEST(DataSet, ValidateRefusesWhatDoesNotMatch) {
    expect_invalid({"", 2, 1, 3, 1, 4, Bytes(5), {3, 0}}, "pixels: expected 2 x 1 x 3 x 1 bytes, at least 1, found 5");
    expect_invalid({"", 0, 1, 3, 1, 4, {}, {}}, "pixels: expected 0 x 1 x 3 x 1 bytes, at least 1, found 0");
    expect_invalid({"", 2, -1, -3, 1, 4, Bytes(6), {3, 0}},
                   "pixels: expected 2 x -1 x -3 x 1 bytes, at least 1, found 6");
    expect_invalid({"", 2, 1, 3, 1, 4, Bytes(6), {3}}, "labels: expected 2, one for each image, found 1");
    expect_invalid({"", 2, 1, 3, 1, 3, Bytes(6), {3, 0}}, "labels: expected labels below 3, found 3 as label 0");
}

}  // namespace
}  // namespace dsq
