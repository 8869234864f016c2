#include "model/safetensors.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace dsq {
namespace {

namespace fs = std::filesystem;

/// A folder for each test (tests run side by side), gone with it.
class Safetensors : public testing::Test {
public:
    Safetensors() {
        fs::remove_all(folder);
        fs::create_directory(folder);
    }
    ~Safetensors() override {
        fs::remove_all(folder);
    }
    Safetensors(const Safetensors &) = delete;
    Safetensors &operator=(const Safetensors &) = delete;

protected:
    auto file_count() const {
        return std::distance(fs::directory_iterator(folder), fs::directory_iterator());
    }

    const fs::path folder =
        testing::TempDir() + "safetensors_test_" + testing::UnitTest::GetInstance()->current_test_info()->name();
    const std::string path = folder / "model.safetensors";
};

std::string contents(const std::string &path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

Tensor floats(std::vector<std::int64_t> shape, const std::vector<float> &values) {
    return make_tensor<float>(std::move(shape), values);
}

/// Bytes 0, 1, 2, ... where the type allows any.
Tensor counting(ElementType type, std::vector<std::int64_t> shape) {
    Tensor tensor{type, std::move(shape), {}};
    for (std::uint64_t i = 0; i < byte_size(type, tensor.shape).value(); ++i) {
        tensor.bytes.push_back(static_cast<std::byte>(type == ElementType::boolean ? i % 2 : i));
    }
    return tensor;
}

void expect_status(const Status &status, ErrorCode code, const std::string &message) {
    EXPECT_EQ(status.code(), code);
    EXPECT_EQ(status.message(), message);
}

void expect_read(const std::string &path, const TensorFile &expected) {
    TensorFile found;
    const Status status = read_safetensors(path, found);
    ASSERT_TRUE(status.ok()) << status.message();
    EXPECT_EQ(found, expected);
}

void expect_round_trip(const std::string &path, const TensorFile &written) {
    const Status status = write_safetensors(path, written);
    ASSERT_TRUE(status.ok()) << status.message();
    expect_read(path, written);
}

std::vector<ElementType> every_type() {
    std::vector<ElementType> types;
    for (int i = 0; i <= static_cast<int>(ElementType::boolean); ++i) {
        types.push_back(static_cast<ElementType>(i));
    }
    return types;
}

TEST(ElementType, HasTheNamesAndSizesOfTheFormat) {
    std::string text;
    for (const ElementType type : every_type()) {
        text += std::string(element_name(type)) + " " + std::to_string(element_size(type)) + ", ";
        EXPECT_EQ(element_type(element_name(type)), type);
    }
    EXPECT_EQ(text, "F32 4, F64 8, F16 2, BF16 2, I8 1, U8 1, I16 2, U16 2, I32 4, U32 4, I64 8, U64 8, BOOL 1, ");
    EXPECT_EQ(element_type("f32"), std::nullopt);
    EXPECT_EQ(element_type(""), std::nullopt);
}

TEST(ByteSize, IsNoneWhereItOverflows) {
    using Shape = std::vector<std::int64_t>;
    constexpr std::int64_t largest = 0x7fffffffffffffff;
    EXPECT_EQ(byte_size(ElementType::f32, Shape{}), 4U);
    EXPECT_EQ(byte_size(ElementType::f32, Shape{2, 0, 3}), 0U);
    EXPECT_EQ(byte_size(ElementType::u8, Shape{largest}), 0x7fffffffffffffffU);
    EXPECT_EQ(byte_size(ElementType::i16, Shape{largest}), std::nullopt);
    EXPECT_EQ(byte_size(ElementType::u8, Shape{std::int64_t{1} << 32, std::int64_t{1} << 32}), std::nullopt);
    EXPECT_EQ(byte_size(ElementType::u8, Shape{0, largest, 2}), std::nullopt);
    EXPECT_EQ(byte_size(ElementType::u8, Shape{-1, 0}), std::nullopt);
}

TEST(Tensor, GivesItsElementsAsTheirTypeOnly) {
    const Tensor tensor = floats({3}, {1, 2, 3});
    ASSERT_TRUE(tensor.as<float>().has_value());
    EXPECT_TRUE(std::ranges::equal(tensor.as<float>().value(), std::vector<float>{1, 2, 3}));
    EXPECT_FALSE(tensor.as<std::int32_t>().has_value());
    EXPECT_FALSE((Tensor{ElementType::f32, {}, std::vector<std::byte>(3)}.as<float>().has_value()));
    EXPECT_TRUE(floats({0}, {}).as<float>().value().empty());
    EXPECT_EQ(make_tensor<std::uint64_t>({1}, std::vector<std::uint64_t>{7}).as<std::uint64_t>().value()[0], 7U);
}

TEST_F(Safetensors, KeepsEveryTypeAndShape) {
    TensorFile file;
    for (const ElementType type : every_type()) {
        const std::string name(element_name(type));
        file.tensors[name + " matrix"] = counting(type, {3, 5});
        file.tensors[name + " scalar"] = counting(type, {});
        file.tensors[name + " empty"] = counting(type, {4, 0, 2});
    }
    file.metadata = {{"graph", R"({"layers":["a","b"]})"}, {"", ""}, {"line\n\"\x01", "\xC3\xBC \xF0\x9F\x98\x80"}};
    expect_round_trip(path, file);
}

TEST_F(Safetensors, KeepsNamesOfAnyUtf8) {
    TensorFile file;
    for (const std::string &name :
         {std::string(), std::string("a\0b", 3), std::string("\"\\/\n\x7F"), std::string("\xE2\x82\xAC")}) {
        file.tensors[name] = floats({}, {1});
    }
    expect_round_trip(path, file);
}

TEST_F(Safetensors, KeepsAFileOfNothing) {
    expect_round_trip(path, {});
    EXPECT_EQ(contents(path), std::string("\x08\0\0\0\0\0\0\0{}      ", 16));
}

TEST_F(Safetensors, WritesTheSameBytesEveryTime) {
    const TensorFile file{{{"b", counting(ElementType::u8, {1})}, {"a", floats({2, 1}, {1, -2})}}, {{"k", "v"}}};
    ASSERT_TRUE(write_safetensors(path, file).ok());
    const std::string header = R"({"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},)"
                               R"("b":{"dtype":"U8","shape":[1],"data_offsets":[8,9]}}   )";
    EXPECT_EQ(contents(path),
              std::string("\x88\0\0\0\0\0\0\0", 8) + header + std::string("\0\0\x80\x3f\0\0\0\xc0\0", 9));
    EXPECT_EQ(file_count(), 1);
}

TEST_F(Safetensors, RefusesToWriteWhatAFileCannotHold) {
    const std::vector<std::pair<TensorFile, std::string>> cases{
        {{{{"a", Tensor{}}}, {}}, R"(tensor "a", bytes: expected 4 of F32, found 0)"},
        {{{{"a", floats({2, -1}, {})}}, {}},
         R"(tensor "a", shape: expected sizes of at least 0, and at most 2^63 - 1 bytes, found others)"},
        {{{{"__metadata__", floats({}, {1})}}, {}},
         R"(tensor "__metadata__": expected another name, found the key of the metadata)"},
        {{{{"a\xFF", floats({}, {1})}}, {}}, "tensor \"a\xEF\xBF\xBD\": expected a name in UTF-8, found another"},
        {{{}, {{"k", "\xC3"}}}, "__metadata__, key \"k\": expected UTF-8, found \"\xEF\xBF\xBD\""},
        {{{}, {{"k\xC3", "v"}}}, "__metadata__, key \"k\xEF\xBF\xBD\": expected UTF-8, found \"v\""},
    };
    for (const auto &[file, message] : cases) {
        expect_status(write_safetensors(path, file), ErrorCode::invalid_argument, path + ": " + message);
    }
    EXPECT_EQ(file_count(), 0);
}

TEST_F(Safetensors, RefusesWhatIsNoFile) {
    TensorFile file;
    const std::string none = folder / "none";
    expect_status(read_safetensors(none, file),
                  ErrorCode::invalid_file,
                  none + ": expected a file that may be read, found: No such file or directory");
    expect_status(
        read_safetensors(folder, file), ErrorCode::invalid_file, folder.string() + ": expected a file, found a folder");
    expect_status(
        read_safetensors("/dev/zero", file), ErrorCode::invalid_file, "/dev/zero: expected a file, found a device");
}

TEST_F(Safetensors, LeavesNothingWhereItCannotWrite) {
    const std::string nowhere = folder / "none" / "model";
    expect_status(write_safetensors(nowhere, {}),
                  ErrorCode::invalid_file,
                  nowhere + ": expected a folder that may be written, found: No such file or directory");
    const std::string taken = folder / "taken";
    fs::create_directory(taken);
    expect_status(write_safetensors(taken, {}),
                  ErrorCode::invalid_file,
                  taken + ": expected a file that may be replaced, found: Is a directory");
    EXPECT_EQ(file_count(), 1);
}

const TensorFile old{{{"x", floats({1}, {7})}}, {}};

/// Writes a file of 1 MiB in a process that may write no more than 64 KiB. Returns how that process ended: 0 if the
/// message is as it should be.
int write_beyond_limit(const std::string &path, bool is_killed_there) {
    const pid_t child = fork();
    if (child == 0) {
        const rlimit no_core{0, 0};
        const rlimit small_file{65536, 65536};
        setrlimit(RLIMIT_CORE, &no_core);
        setrlimit(RLIMIT_FSIZE, &small_file);
        std::signal(SIGXFSZ, is_killed_there ? SIG_DFL : SIG_IGN);
        const TensorFile large{{{"x", counting(ElementType::u8, {1 << 20})}}, {}};
        const std::string expected = path + ": expected to write 1048576 bytes, found: File too large";
        _exit(write_safetensors(path, large).message() == expected ? 0 : 1);
    }
    int ending = -1;
    waitpid(child, &ending, 0);
    return ending;
}

TEST_F(Safetensors, KeepsTheOldFileWhereTheNewOneDoesNotFit) {
    expect_round_trip(path, old);
    EXPECT_EQ(write_beyond_limit(path, false), 0);
    expect_read(path, old);
    EXPECT_EQ(file_count(), 1);
}

TEST_F(Safetensors, KeepsTheOldFileWhenKilledInTheMiddleOfWriting) {
    expect_round_trip(path, old);
    const int ending = write_beyond_limit(path, true);
    EXPECT_TRUE(WIFSIGNALED(ending)) << ending;
    EXPECT_EQ(file_count(), 2) << "killed before it had begun to write";
    expect_read(path, old);
    expect_round_trip(path, {{{"x", floats({2}, {8, 9})}}, {}});
}

struct Network {
    const char *name;
    int blocks;  ///< in each of the three stages
};
class ResNet : public testing::TestWithParam<Network> {};

/// Names and shapes of PyTorch's tensors for it.
std::map<std::string, std::vector<std::int64_t>> resnet_shapes(int blocks) {
    std::map<std::string, std::vector<std::int64_t>> shapes{{"linear.weight", {10, 64}}, {"linear.bias", {10}}};
    const auto add_layer = [&shapes](
                               const std::string &prefix, const std::string &index, std::int64_t in, std::int64_t out) {
        shapes[prefix + "conv" + index + ".weight"] = {out, in, 3, 3};
        const std::string norm = prefix + "bn" + index + ".";
        for (const char *statistic : {"weight", "bias", "running_mean", "running_var"}) {
            shapes[norm + statistic] = {out};
        }
    };
    add_layer("", "1", 3, 16);
    std::int64_t in = 16;
    for (const int stage : {1, 2, 3}) {
        const std::int64_t out = std::int64_t{8} << stage;
        for (int block = 0; block < blocks; ++block) {
            const std::string prefix = "layer" + std::to_string(stage) + "." + std::to_string(block) + ".";
            add_layer(prefix, "1", in, out);
            add_layer(prefix, "2", out, out);
            in = out;
        }
    }
    return shapes;
}

TEST_P(ResNet, HasItsTensors) {
    const fs::path path = fs::path(DSQ_SHARED_DIR) / "data/weights/cifar10-resnet" / GetParam().name;
    if (!fs::exists(path)) {
        GTEST_SKIP() << path << " is not there";
    }
    TensorFile file;
    const Status status = read_safetensors(path, file);
    ASSERT_TRUE(status.ok()) << status.message();
    EXPECT_EQ(file.metadata["shortcut"], "A");
    std::map<std::string, std::vector<std::int64_t>> found;
    for (const auto &[name, tensor] : file.tensors) {
        found[name] = tensor.shape;
        const auto values = tensor.as<float>();
        ASSERT_TRUE(values.has_value()) << name;
        EXPECT_TRUE(std::all_of(values->begin(), values->end(), [](float value) { return std::abs(value) < 1e3F; }))
            << name;
    }
    EXPECT_EQ(found, resnet_shapes(GetParam().blocks));
}
INSTANTIATE_TEST_SUITE_P(Safetensors,
                         ResNet,
                         testing::Values(Network{"resnet20-12fca82f.safetensors", 3},
                                         Network{"resnet32-d509ac18.safetensors", 5},
                                         Network{"resnet44-014dd654.safetensors", 7},
                                         Network{"resnet56-4bfd9763.safetensors", 9}),
                         [](const auto &tested) { return std::string(tested.param.name).substr(0, 8); });

}  // namespace
}  // namespace dsq
