/// Reader and writer of safetensors files: named tensors, and texts beside them.
/// Format: https://huggingface.co/docs/safetensors
///
/// Files are checked whole before anything of them is believed. Error: invalid_file, with a message that names the
/// file, the tensor, the key, what was expected and what was found; nothing is changed then.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "dsq/status.h"

namespace dsq {

static_assert(std::endian::native == std::endian::little, "tensors are kept as the file has them");

enum class ElementType : std::uint8_t { f32, f64, f16, bf16, i8, u8, i16, u16, i32, u32, i64, u64, boolean };

std::size_t element_size(ElementType type);

/// As the format writes it: "F32", "BF16", "BOOL".
std::string_view element_name(ElementType type);
std::optional<ElementType> element_type(std::string_view name);

/// The type of the elements that C++ can compute with.
template <typename Element>
struct ElementTypeOf;
template <ElementType type>
using ElementTypeConstant = std::integral_constant<ElementType, type>;
// clang-format off
template <> struct ElementTypeOf<float> : ElementTypeConstant<ElementType::f32> {};
template <> struct ElementTypeOf<double> : ElementTypeConstant<ElementType::f64> {};
template <> struct ElementTypeOf<std::int8_t> : ElementTypeConstant<ElementType::i8> {};
template <> struct ElementTypeOf<std::uint8_t> : ElementTypeConstant<ElementType::u8> {};
template <> struct ElementTypeOf<std::int16_t> : ElementTypeConstant<ElementType::i16> {};
template <> struct ElementTypeOf<std::uint16_t> : ElementTypeConstant<ElementType::u16> {};
template <> struct ElementTypeOf<std::int32_t> : ElementTypeConstant<ElementType::i32> {};
template <> struct ElementTypeOf<std::uint32_t> : ElementTypeConstant<ElementType::u32> {};
template <> struct ElementTypeOf<std::int64_t> : ElementTypeConstant<ElementType::i64> {};
template <> struct ElementTypeOf<std::uint64_t> : ElementTypeConstant<ElementType::u64> {};
// clang-format on

/// Bytes of a tensor; none if a size is negative, or if the product of the sizes that are not 0 is above 2^63 - 1
/// bytes.
std::optional<std::uint64_t> byte_size(ElementType type, std::span<const std::int64_t> shape);

struct Tensor {
    ElementType type = ElementType::f32;
    std::vector<std::int64_t> shape;  ///< empty: a scalar
    std::vector<std::byte> bytes;     ///< row-major, little endian; byte_size(type, shape) of them

    /// The elements, if they are of this type; valid for as long as `bytes` is.
    template <typename Element>
    std::optional<std::span<const Element>> as() const {
        if (type != ElementTypeOf<Element>::value || bytes.size() % sizeof(Element) != 0) {
            return std::nullopt;
        }
        return std::span(reinterpret_cast<const Element *>(bytes.data()), bytes.size() / sizeof(Element));
    }

    bool operator==(const Tensor &) const = default;
};

/// A copy of the values. That the shape has as many is checked when the tensor is written.
template <typename Element>
Tensor make_tensor(std::vector<std::int64_t> shape, std::span<const Element> values) {
    const std::span<const std::byte> bytes = std::as_bytes(values);
    return {ElementTypeOf<Element>::value, std::move(shape), {bytes.begin(), bytes.end()}};
}

struct TensorFile {
    std::map<std::string, Tensor> tensors;
    std::map<std::string, std::string> metadata;

    bool operator==(const TensorFile &) const = default;
};

Status read_safetensors(const std::string &path, TensorFile &file);

/// The same for the bytes of a file. `name` stands in messages where a file's path would.
Status parse_safetensors(const std::string &name, std::span<const std::byte> bytes, TensorFile &file);

/// Writes the same bytes for the same tensors, whatever wrote them before. What was at `path` is replaced at once, or
/// stays as it was (replace_file.h).
/// Error: invalid_argument if the file cannot hold these tensors; invalid_file if it cannot be written.
Status write_safetensors(const std::string &path, const TensorFile &file);

}  // namespace dsq
