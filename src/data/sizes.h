/// The sizes of a tensor in a file: as text, and against the number of elements that there are.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace dsq {

/// "10000 x 28 x 28"
template <typename Size>
std::string sizes_text(const std::vector<Size> &sizes) {
    std::string text;
    for (const Size size : sizes) {
        text += (text.empty() ? "" : " x ") + std::to_string(size);
    }
    return text;
}

/// Whether the product of the sizes, all of them positive, is `count`.
template <typename Size>
bool product_is(const std::vector<Size> &sizes, std::size_t count) {
    std::size_t product = 1;
    for (const Size size : sizes) {
        if (std::cmp_less_equal(size, 0) || std::cmp_greater(size, count / product)) {
            return false;
        }
        product *= static_cast<std::size_t>(size);
    }
    return product == count;
}

}  // namespace dsq
