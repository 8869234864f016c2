/// Files that are damaged, or made to do harm: each is refused, with a message that says where and why.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "model/safetensors.h"

namespace dsq {
namespace {

std::string length_field(std::uint64_t length) {
    std::string bytes;
    for (int shift = 0; shift < 64; shift += 8) {
        bytes += static_cast<char>(length >> shift & 0xFF);
    }
    return bytes;
}

/// The data is 1, 2, 3, ...
std::string with_header(const std::string &header, std::size_t data_size = 0) {
    std::string bytes = length_field(header.size()) + header;
    for (std::size_t i = 1; i <= data_size; ++i) {
        bytes += static_cast<char>(i);
    }
    return bytes;
}

/// A file of one tensor "a" with these entries, and 8 bytes of data.
std::string with_tensor(const std::string &entries) {
    return with_header(R"({"a":{)" + entries + "}}", 8);
}
std::string with_shape(const std::string &shape) {
    return with_tensor(R"("dtype":"F32","shape":)" + shape + R"(,"data_offsets":[0,8])");
}
std::string with_offsets(const std::string &offsets) {
    return with_tensor(R"("dtype":"F32","shape":[2],"data_offsets":)" + offsets);
}

std::string u8_tensor(const std::string &name, int begin, int end) {
    return '"' + name + R"(":{"dtype":"U8","shape":[)" + std::to_string(end - begin) + R"(],"data_offsets":[)" +
           std::to_string(begin) + "," + std::to_string(end) + "]}";
}

std::string with_tensors(const std::vector<std::string> &tensors, std::size_t data_size) {
    std::string header;
    for (const std::string &tensor : tensors) {
        header += (header.empty() ? '{' : ',') + tensor;
    }
    return with_header(header + "}", data_size);
}

Status parse(const std::string &bytes, TensorFile &file) {
    return parse_safetensors("file", std::as_bytes(std::span(bytes)), file);
}

/// Refused with this message (after the name), and nothing is changed.
void expect_refused(const std::string &bytes, const std::string &message) {
    const TensorFile before{{{"x", {ElementType::u8, {1}, {std::byte{7}}}}}, {{"k", "v"}}};
    TensorFile file = before;
    const Status status = parse(bytes, file);
    EXPECT_EQ(status.code(), ErrorCode::invalid_file);
    EXPECT_EQ(status.message(), "file: " + message);
    EXPECT_EQ(file, before);
}

using Cases = std::vector<std::pair<std::string, std::string>>;

void expect_all_refused(const Cases &cases, const std::string &prefix = "") {
    for (const auto &[bytes, message] : cases) {
        expect_refused(bytes, prefix + message);
    }
}

TEST(SafetensorsDamage, WholeFilesAreRead) {
    TensorFile file;
    for (const std::string &bytes : {with_header("{}"),
                                     with_header("{}   \n\t\r "),
                                     with_header(R"({ "__metadata__" : { } })"),
                                     with_shape("[2]"),
                                     with_shape("[1,2,1]"),
                                     with_tensor(R"("data_offsets":[0,8],"shape":[],"dtype":"F64")")}) {
        const Status status = parse(bytes, file);
        EXPECT_TRUE(status.ok()) << status.message();
    }
}

TEST(SafetensorsDamage, TensorsMayLieInAnyOrderAndBeEmpty) {
    TensorFile file;
    const std::vector<std::string> tensors{
        u8_tensor("a", 2, 3), u8_tensor("b", 0, 2), u8_tensor("c", 3, 3), u8_tensor("d", 0, 0), u8_tensor("e", 2, 2)};
    const Status status = parse(with_tensors(tensors, 3), file);
    ASSERT_TRUE(status.ok()) << status.message();
    EXPECT_EQ(file.tensors["a"].bytes, std::vector{std::byte{3}});
    EXPECT_EQ(file.tensors["b"].bytes, (std::vector{std::byte{1}, std::byte{2}}));
    EXPECT_EQ(file.tensors.size(), 5U);
}

TEST(SafetensorsDamage, LengthOfTheHeader) {
    const std::string at_most = "a length of at most ";
    const std::string too_large = std::to_string(std::uint64_t{1} << 63);
    expect_all_refused(
        {{"", "8 bytes of its length, found 0"},
         {"1234567", "8 bytes of its length, found 7"},
         {length_field(3) + "{}", at_most + "2 bytes, the rest of the file, found 3"},
         {length_field(std::uint64_t{1} << 63) + "{}", at_most + "2 bytes, the rest of the file, found " + too_large},
         {length_field(~std::uint64_t{0}) + "{}",
          at_most + "2 bytes, the rest of the file, found 18446744073709551615"},
         {length_field(0), R"("{" at byte 8, found nothing)"}},
        "header: expected ");
    std::string large;
    large.resize(100'000'001, ' ');
    expect_refused(with_header(large), "header: expected a length of at most 100000000 bytes, found 100000001");
}

TEST(SafetensorsDamage, HeaderThatIsNoJson) {
    const std::string json = "header: expected JSON in UTF-8, found ";
    const std::string error = json + "otherwise at byte ";
    for (const auto &[header, message] :
         Cases{{"[]", R"(header: expected "{" at byte 8, found "[")"},
               {" {}", R"(header: expected "{" at byte 8, found " ")"},
               {"\xEF\xBB\xBF{}", "header: expected \"{\" at byte 8, found \"\xEF\xBF\xBD\""},
               {std::string("{}\0x", 4), json + "a NUL at byte 10"},
               {"{", error + "9: "},
               {"{}}", error + "10: "},
               {"{} {}", error + "11: "},
               {"{/**/}", error + "9: "},
               {R"({"a":)", error + "13: "},
               {R"({"a":1e999})", error + "17: \"number overflow parsing '1e999'\""},
               {R"({"a":tru})", error + "16: \"syntax error while parsing value - invalid literal; "},
               {R"({"\ud800":{}})", error + "16: "},
               {"{\"a\xFF\":{}}", error + "11: "},
               {"{\"\xC0\xAF\":{}}", error + "10: "},
               {"{\"\xED\xA0\x80\":{}}", error + "11: "},
               {"{\"a\n\":{}}", error + "11: "}}) {
        TensorFile file;
        const Status status = parse(with_header(header), file);
        EXPECT_EQ(status.code(), ErrorCode::invalid_file);
        EXPECT_EQ(status.message().substr(0, 6 + message.size()), "file: " + message);
    }
}

TEST(SafetensorsDamage, Nesting) {
    const std::string lists(100'000, '[');
    expect_refused(with_header(R"({"a":)" + lists), R"(tensor "a": expected an object, found a list)");
    expect_refused(with_shape(lists),
                   R"(tensor "a", shape: expected integers from 0 to 9223372036854775807, found a list)");
    std::string objects = "{";
    for (int i = 0; i < 100'000; ++i) {
        objects += R"("shape":{)";
    }
    expect_refused(with_header(R"({"a":)" + objects),
                   R"(tensor "a", shape: expected a list of sizes, found an object)");
    expect_refused(with_header(R"({"__metadata__":{"k":)" + lists),
                   R"(__metadata__, key "k": expected a text, found a list)");
}

TEST(SafetensorsDamage, Metadata) {
    const auto metadata = [](const std::string &value) { return with_header(R"({"__metadata__":)" + value + "}"); };
    expect_all_refused({{metadata("null"), ": expected an object of texts, found null"},
                        {metadata(R"("text")"), R"(: expected an object of texts, found "text")"},
                        {metadata(R"({"k":1})"), R"(, key "k": expected a text, found 1)"},
                        {metadata(R"({"k":{}})"), R"(, key "k": expected a text, found an object)"},
                        {metadata(R"({"k":"1","k":"1"})"), R"(, key "k": expected one of each key, found two)"},
                        {metadata(R"({},"__metadata__":{})"), ": expected one of them, found two"}},
                       "__metadata__");
}

TEST(SafetensorsDamage, KeysOfATensor) {
    const std::string whole = R"("dtype":"F32","shape":[2],"data_offsets":[0,8])";
    expect_all_refused(
        {{with_tensor(""), R"(: expected the key "dtype", found none)"},
         {with_tensor(R"("dtype":"F32","data_offsets":[0,8])"), R"(: expected the key "shape", found none)"},
         {with_tensor(R"("dtype":"F32","shape":[2])"), R"(: expected the key "data_offsets", found none)"},
         {with_tensor(whole + R"(,"shape":[2])"), ", shape: expected one of each key, found two"},
         {with_tensor(R"("dtype":"F32",)" + whole), ", dtype: expected one of each key, found two"},
         {with_tensor(whole + R"(,"data_offsets":[0,8])"), ", data_offsets: expected one of each key, found two"},
         {with_tensor(whole + R"(,"offset\n":0)"),
          R"(: expected dtype, shape and data_offsets, found the key "offset\n")"},
         {with_header(R"({"a":{)" + whole + R"(},"a":{)" + whole + "}}", 8),
          ": expected one tensor of this name, found two"},
         {with_header(R"({"a":[]})"), ": expected an object, found a list"}},
        R"(tensor "a")");
}

TEST(SafetensorsDamage, TypesOfElements) {
    const auto dtype = [](const std::string &value) { return with_tensor(R"("dtype":)" + value); };
    expect_all_refused({{dtype(R"("f32")"), R"("f32")"},
                        {dtype(R"("F8_E4M3")"), R"("F8_E4M3")"},
                        {dtype("32"), "32"},
                        {dtype("true"), "true"},
                        {dtype('"' + std::string(1000, 'F') + '"'), '"' + std::string(120, 'F') + "\"..."}},
                       R"(tensor "a", dtype: expected one of F32, F64, F16, BF16, I8, U8, I16, U16, I32, U32, I64, )"
                       "U64, BOOL, found ");
}

TEST(SafetensorsDamage, NumbersThatAreNoSizes) {
    expect_all_refused({{with_shape("[-2]"), "-2"},
                        {with_shape("[-0]"), "-0"},
                        {with_shape("[2.0]"), R"("2.0")"},
                        {with_shape("[2e0]"), R"("2e0")"},
                        {with_shape("[9223372036854775808]"), "9223372036854775808"},
                        {with_shape("[18446744073709551617]"), R"("18446744073709551617")"},
                        {with_shape(R"(["2"])"), R"("2")"},
                        {with_shape("[null]"), "null"}},
                       R"(tensor "a", shape: expected integers from 0 to 9223372036854775807, found )");
    expect_refused(with_shape("2"), R"(tensor "a", shape: expected a list of sizes, found 2)");
}

TEST(SafetensorsDamage, ShapesThatOverflow) {
    expect_all_refused(
        {{with_shape("[9223372036854775807]"), "[9223372036854775807]"},
         {with_shape("[4294967296,4294967296]"), "[4294967296, 4294967296]"},  // 2^64: 0 if it wrapped
         {with_shape("[4611686018427387905,2]"), "[4611686018427387905, 2]"},
         {with_shape("[0,9223372036854775807]"), "[0, 9223372036854775807]"},
         {with_shape("[99999,99999,99999,99999,1,1,1,1,1,1]"), "[99999, 99999, 99999, 99999, 1, 1, 1, 1, ...]"}},
        R"(tensor "a", shape: expected at most 2^63 - 1 bytes, found )");
}

TEST(SafetensorsDamage, Offsets) {
    const std::string two = "a list of 2 integers from 0 to 9223372036854775807, found ";
    const std::string size = "8 bytes (F32, [2]), found ";
    expect_all_refused({{with_offsets("[]"), two + "0"},
                        {with_offsets("[0]"), two + "1"},
                        {with_offsets("[0,8,8]"), two + "more"},
                        {with_offsets("[-1,7]"), two + "-1"},
                        {with_offsets("8"), two + "8"},
                        {with_offsets("[0,9223372036854775808]"), two + "9223372036854775808"},
                        {with_offsets("[8,0]"), size + "[8, 0]"},
                        {with_offsets("[0,7]"), size + "[0, 7]"},
                        {with_offsets("[0,9223372036854775807]"), size + "[0, 9223372036854775807]"},
                        {with_offsets("[1,9]"), "an end within the 8 bytes of data in the file, found [1, 9]"}},
                       R"(tensor "a", data_offsets: expected )");
    expect_refused(with_shape("[3]"), R"(tensor "a", data_offsets: expected 12 bytes (F32, [3]), found [0, 8])");
}

TEST(SafetensorsDamage, HolesOverlapsAndExtraBytes) {
    const std::string a = u8_tensor("a", 0, 4);
    const std::string where = R"(tensor "b", data_offsets: expected a begin at )";
    expect_refused(with_tensors({a, u8_tensor("b", 5, 8)}, 8),
                   where + "4, where the data before it ends, found 5 (a hole)");
    expect_refused(with_tensors({a, u8_tensor("b", 3, 8)}, 8),
                   where + "4, where the data before it ends, found 3 (an overlap)");
    expect_refused(with_tensors({a, u8_tensor("b", 0, 4)}, 8),
                   where + "4, where the data before it ends, found 0 (an overlap)");
    expect_refused(with_tensors({a, u8_tensor("b", 2, 2)}, 8),
                   where + "4, where the data before it ends, found 2 (an overlap)");
    expect_refused(with_tensors({u8_tensor("b", 1, 4), u8_tensor("c", 4, 8)}, 8),
                   where + "0, where the data before it ends, found 1 (a hole)");
    expect_refused(with_tensors({a, u8_tensor("b", 4, 7)}, 8),
                   "data: expected 7 bytes of tensors (from the header), found 8");
    expect_refused(with_header("{}", 1), "data: expected 0 bytes of tensors (from the header), found 1");
}

TEST(SafetensorsDamage, AFileCutAnywhere) {
    const std::string whole = with_shape("[2]");
    for (std::size_t size = 0; size < whole.size(); ++size) {
        TensorFile file;
        EXPECT_EQ(parse(whole.substr(0, size), file).code(), ErrorCode::invalid_file) << size;
    }
}

/// Whatever is read must be what it says it is; sanitizers watch the rest.
TEST(SafetensorsDamage, AnyByteChanged) {
    const std::string whole =
        with_tensors({R"("__metadata__":{"k":"v"})", u8_tensor("a", 0, 3), u8_tensor("b", 3, 8)}, 8);
    for (std::size_t i = 0; i < whole.size(); ++i) {
        for (int value = 0; value < 256; ++value) {
            std::string bytes = whole;
            bytes[i] = static_cast<char>(value);
            TensorFile file;
            if (!parse(bytes, file).ok()) {
                continue;
            }
            for (const auto &[name, tensor] : file.tensors) {
                ASSERT_EQ(byte_size(tensor.type, tensor.shape), tensor.bytes.size()) << "byte " << i << ": " << value;
            }
        }
    }
}

}  // namespace
}  // namespace dsq
