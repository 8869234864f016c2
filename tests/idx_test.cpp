#include "data/idx.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace dsq {
namespace {

const std::string data_set =
    "/usr/share/datasets/fashion-mnist/";  // Debian's dataset-fashion-mnist; setup.sh installs it

using Bytes = std::vector<std::uint8_t>;

Bytes contents(const std::string &path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// A file of this test alone (tests run side by side), for as long as this object lives.
class TemporaryFile {
public:
    explicit TemporaryFile(const Bytes &bytes) {
        std::ofstream file(path, std::ios::binary | std::ios::trunc);
        std::copy(bytes.begin(), bytes.end(), std::ostreambuf_iterator<char>(file));
    }
    ~TemporaryFile() {
        std::filesystem::remove(path);
    }
    TemporaryFile(const TemporaryFile &) = delete;
    TemporaryFile &operator=(const TemporaryFile &) = delete;

    const std::string path = testing::TempDir() + "idx_test_" + test().test_suite_name() + test().name();

private:
    static const testing::TestInfo &test() {
        return *testing::UnitTest::GetInstance()->current_test_info();
    }
};

Bytes header(std::uint8_t type, const std::vector<std::uint32_t> &sizes) {
    Bytes bytes{0, 0, type, static_cast<std::uint8_t>(sizes.size())};
    for (const std::uint32_t size : sizes) {
        for (const int shift : {24, 16, 8, 0}) {
            bytes.push_back(static_cast<std::uint8_t>(size >> shift & 0xFF));
        }
    }
    return bytes;
}

/// Two images of 2 x 3, pixels 1 to 12.
Bytes small_images() {
    Bytes bytes = header(8, {2, 2, 3});
    for (std::uint8_t pixel = 1; pixel <= 12; ++pixel) {
        bytes.push_back(pixel);
    }
    return bytes;
}

/// The file is refused with this message (after its name), and nothing is changed.
void expect_refused(const std::string &path, const std::string &message) {
    Images images{1, 1, 1, {7}};
    const Status status = read_idx_images(path, images);
    EXPECT_EQ(status.code(), ErrorCode::invalid_file);
    EXPECT_EQ(status.message(), path + ": " + message);
    EXPECT_EQ(images.count, 1);
    EXPECT_EQ(images.pixels, Bytes{7});
}

void expect_refused(const Bytes &bytes, const std::string &message) {
    expect_refused(TemporaryFile(bytes).path, message);
}

struct Split {
    const char *name;
    int count;
};
class FashionMnist : public testing::TestWithParam<Split> {};

TEST_P(FashionMnist, HasItsImagesAndLabels) {
    const auto [name, count] = GetParam();
    Images images;
    const Status images_status = read_idx_images(data_set + name + "-images-idx3-ubyte.gz", images);
    ASSERT_TRUE(images_status.ok()) << images_status.message();
    EXPECT_EQ(images.count, count);
    EXPECT_EQ(std::pair(images.height, images.width), std::pair(28, 28));
    EXPECT_EQ(images.pixels.size(), static_cast<std::size_t>(count) * 28 * 28);
    EXPECT_EQ(*std::max_element(images.pixels.begin(), images.pixels.end()), 255);

    Bytes labels;
    const Status labels_status = read_idx_labels(data_set + name + "-labels-idx1-ubyte.gz", labels);
    ASSERT_TRUE(labels_status.ok()) << labels_status.message();
    EXPECT_EQ(labels.size(), static_cast<std::size_t>(count));
    for (std::uint8_t label = 0; label < 10; ++label) {
        EXPECT_EQ(std::count(labels.begin(), labels.end(), label), count / 10) << "label " << int{label};
    }
}
INSTANTIATE_TEST_SUITE_P(Idx,
                         FashionMnist,
                         testing::Values(Split{"t10k", 10000}, Split{"train", 60000}),
                         [](const auto &tested) { return std::string(tested.param.name); });

TEST(Idx, ReadsAPlainFile) {
    Images images;
    const Status status = read_idx_images(TemporaryFile(small_images()).path, images);
    ASSERT_TRUE(status.ok()) << status.message();
    EXPECT_EQ(images.count, 2);
    EXPECT_EQ(std::pair(images.height, images.width), std::pair(2, 3));
    EXPECT_EQ(images.pixels, (Bytes{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}));
}

TEST(Idx, ReadsPlainLabels) {
    Bytes bytes = header(8, {3});
    bytes.insert(bytes.end(), {9, 0, 255});
    Bytes labels;
    const Status status = read_idx_labels(TemporaryFile(bytes).path, labels);
    ASSERT_TRUE(status.ok()) << status.message();
    EXPECT_EQ(labels, (Bytes{9, 0, 255}));
}

TEST(Idx, RefusesWhatIsNoFile) {
    expect_refused(testing::TempDir() + "idx_test_no_such_file",
                   "expected a file, found none: No such file or directory");
    expect_refused(std::string("/usr/share"), "expected a file, found a folder");
    expect_refused(std::string("/dev/zero"), "expected a file, found a device");
}

TEST(Idx, RefusesAnEmptyFile) {
    expect_refused(Bytes{}, "expected a header of 16 bytes, found 0");
}

TEST(Idx, RefusesATruncatedHeader) {
    Bytes bytes = small_images();
    bytes.resize(10);
    expect_refused(bytes, "expected a header of 16 bytes, found 10");
}

TEST(Idx, RefusesTruncatedData) {
    Bytes bytes = small_images();
    bytes.pop_back();
    expect_refused(bytes, "expected 2 x 2 x 3 bytes of images (from its header; at least 1), found 11");
}

TEST(Idx, RefusesTrailingBytes) {
    Bytes bytes = small_images();
    bytes.push_back(0);
    expect_refused(bytes, "expected 2 x 2 x 3 bytes of images (from its header; at least 1), found 13");
}

TEST(Idx, RefusesAWrongMagicNumber) {
    Bytes bytes = small_images();
    bytes[0] = 0x89;
    expect_refused(bytes, "expected the magic number 0x00000803 (images), found 0x89000803");
}

TEST(Idx, RefusesElementsThatAreNoBytes) {
    expect_refused(header(0x0D, {1, 1, 1}), "expected the magic number 0x00000803 (images), found 0x00000d03");
}

TEST(Idx, RefusesHostileSizes) {
    const std::vector<std::pair<std::vector<std::uint32_t>, std::string>> cases{
        {{0x7fffffff, 0x7fffffff, 0x7fffffff}, "2147483647 x 2147483647 x 2147483647"},
        {{0xffffffff, 0xffffffff, 0xffffffff}, "4294967295 x 4294967295 x 4294967295"},
        {{0x10000, 0x10000, 0x10000}, "65536 x 65536 x 65536"},            // 2^48
        {{0x80000000, 0x80000000, 4}, "2147483648 x 2147483648 x 4"},      // 2^64
        {{0x40000000, 0x40000003, 0x10}, "1073741824 x 1073741827 x 16"},  // 2^64 + 3 * 2^34
        {{0, 2, 3}, "0 x 2 x 3"},
        {{2, 0, 3}, "2 x 0 x 3"},
        {{1, 1, 13}, "1 x 1 x 13"},
    };
    for (const auto &[sizes, found] : cases) {
        Bytes bytes = header(8, sizes);
        bytes.resize(bytes.size() + 12);
        expect_refused(bytes, "expected " + found + " bytes of images (from its header; at least 1), found 12");
    }
}

TEST(Idx, RefusesLabelsForImagesAndImagesForLabels) {
    expect_refused(data_set + "t10k-labels-idx1-ubyte.gz",
                   "expected the magic number 0x00000803 (images), found 0x00000801 (labels)");
    const std::string path = data_set + "t10k-images-idx3-ubyte.gz";
    Bytes labels{7};
    const Status status = read_idx_labels(path, labels);
    EXPECT_EQ(status.code(), ErrorCode::invalid_file);
    EXPECT_EQ(status.message(), path + ": expected the magic number 0x00000801 (labels), found 0x00000803 (images)");
    EXPECT_EQ(labels, Bytes{7});
}

/// Gzip files, made from a real one: 7840016 bytes unpacked.
class IdxGzip : public testing::Test {
protected:
    Bytes bytes = contents(data_set + "t10k-images-idx3-ubyte.gz");

    void SetUp() override {
        ASSERT_EQ(bytes.size(), 4422079U) << "dataset-fashion-mnist is missing or another one";
    }
};

/// For messages that end in a number which depends on zlib.
void expect_refusal_starts(const Bytes &bytes, const std::string &start) {
    const TemporaryFile file(bytes);
    Images images;
    const Status status = read_idx_images(file.path, images);
    EXPECT_EQ(status.code(), ErrorCode::invalid_file);
    EXPECT_EQ(status.message().find(file.path + ": " + start), 0U) << status.message();
    EXPECT_EQ(images.count, 0);
}

TEST_F(IdxGzip, RefusesHalfAFile) {
    bytes.resize(bytes.size() / 2);
    expect_refusal_starts(bytes, "expected whole gzip data, found that it is truncated after 39");
}

TEST_F(IdxGzip, RefusesAFileCutAnywhereInItsChecksum) {
    for (int missing = 1; missing <= 8; ++missing) {
        bytes.pop_back();
        expect_refused(bytes, "expected whole gzip data, found that it is truncated after 7840016 bytes of data");
    }
}

TEST_F(IdxGzip, RefusesAWrongChecksum) {
    bytes[bytes.size() - 8] ^= 1U;
    expect_refused(bytes, "expected valid gzip data, found that it is corrupt after 7840016 bytes of data");
}

TEST_F(IdxGzip, RefusesCorruptData) {
    std::fill_n(bytes.begin() + 2000000, 1000, std::uint8_t{0xFF});
    expect_refusal_starts(bytes, "expected valid gzip data, found that it is corrupt after ");
}

TEST_F(IdxGzip, RefusesACorruptHeader) {
    bytes[2] = 0;  // no method of compression
    expect_refused(bytes, "expected valid gzip data, found that it is corrupt after 0 bytes of data");
}

TEST_F(IdxGzip, RefusesTrailingBytesAndASecondMember) {
    Bytes twice = bytes;
    twice.insert(twice.end(), bytes.begin(), bytes.end());
    expect_refused(twice, "expected the end of the file after 7840016 bytes of data, found 4422079 bytes more");
    bytes.insert(bytes.end(), {0, 0, 0});
    expect_refused(bytes, "expected the end of the file after 7840016 bytes of data, found 3 bytes more");
}

}  // namespace
}  // namespace dsq
