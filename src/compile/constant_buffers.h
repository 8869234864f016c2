/// Buffers of a kernel that lie in the library itself.
#pragma once

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <vector>

#include "compile/program_plan.h"

namespace dsq {

template <typename Element>
BufferPlan constants(const std::vector<BufferDimension> &dimensions, const std::vector<Element> &values) {
    BufferPlan buffer{.type = ElementTypeOf<Element>::value, .dimensions = dimensions, .place = Place::constants};
    buffer.bytes.resize(values.size() * sizeof(Element));
    std::memcpy(buffer.bytes.data(), values.data(), buffer.bytes.size());
    return buffer;
}

template <typename Element>
BufferPlan vector_of(const std::vector<Element> &values) {
    return constants({{0, static_cast<int>(values.size()), 1}}, values);
}

// Dense, innermost first.
inline std::vector<BufferDimension> dense(std::initializer_list<int> extents) {
    std::vector<BufferDimension> dimensions;
    int stride = 1;
    for (const int extent : extents) {
        dimensions.push_back({0, extent, stride});
        stride *= extent;
    }
    return dimensions;
}

inline std::vector<std::int16_t> narrowed(const std::vector<std::int32_t> &values) {
    return {values.begin(), values.end()};
}

}  // namespace dsq
