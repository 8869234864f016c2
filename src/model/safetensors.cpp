#include "model/safetensors.h"

#include <algorithm>
#include <array>
#include <limits>

namespace dsq {
namespace {

struct ElementTypeFacts {
    std::string_view name;
    std::size_t size;
};

/// In the order of ElementType.
constexpr std::array<ElementTypeFacts, 13> facts{{{"F32", 4},
                                                  {"F64", 8},
                                                  {"F16", 2},
                                                  {"BF16", 2},
                                                  {"I8", 1},
                                                  {"U8", 1},
                                                  {"I16", 2},
                                                  {"U16", 2},
                                                  {"I32", 4},
                                                  {"U32", 4},
                                                  {"I64", 8},
                                                  {"U64", 8},
                                                  {"BOOL", 1}}};

const ElementTypeFacts &facts_of(ElementType type) {
    return facts.at(static_cast<std::size_t>(type));
}

}  // namespace

std::size_t element_size(ElementType type) {
    return facts_of(type).size;
}

std::string_view element_name(ElementType type) {
    return facts_of(type).name;
}

std::optional<ElementType> element_type(std::string_view name) {
    const auto *const found =
        std::find_if(facts.begin(), facts.end(), [name](const ElementTypeFacts &type) { return type.name == name; });
    if (found == facts.end()) {
        return std::nullopt;
    }
    return static_cast<ElementType>(found - facts.begin());
}

std::optional<std::uint64_t> byte_size(ElementType type, std::span<const std::int64_t> shape) {
    constexpr std::uint64_t largest = std::numeric_limits<std::int64_t>::max();
    std::uint64_t product = element_size(type);
    bool is_empty = false;
    for (const std::int64_t size : shape) {
        const auto factor = static_cast<std::uint64_t>(size);
        if (size < 0 || (size > 0 && factor > largest / product)) {
            return std::nullopt;
        }
        is_empty = is_empty || size == 0;
        product *= size == 0 ? 1 : factor;
    }
    return is_empty ? 0 : product;
}

}  // namespace dsq
