// A tensor of the project: [channel, x, y, batch], channel innermost, dense. Owns nothing.
#pragma once

#include <cstddef>

namespace dsq {

template <typename Element>
struct TensorView {
    Element *data = nullptr;
    int channels = 0;
    int width = 0;
    int height = 0;
    int batch = 0;

    std::size_t size() const {
        return std::size_t(channels) * std::size_t(width) * std::size_t(height) * std::size_t(batch);
    }
};

}  // namespace dsq
