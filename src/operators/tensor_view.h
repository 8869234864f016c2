// A tensor of the project: [channel, x, y, batch], channel innermost, with a border of pixels around each image that
// belongs to its memory (so that a convolution reads its padding like any other pixel). Owns nothing.
#pragma once

#include <cstddef>

namespace dsq {

template <typename Element>
struct TensorView {
    Element *data = nullptr;  // of pixel (0, 0) of the first image, inside the border
    int channels = 0;
    int width = 0;  // of an image, without the border
    int height = 0;
    int batch = 0;
    int border = 0;  // pixels on each of the four sides

    operator TensorView<const Element>() const {
        return {data, channels, width, height, batch, border};
    }

    // Distances in memory, in elements. That of neighbouring pixels is `channels`.
    std::ptrdiff_t row_stride() const {
        return static_cast<std::ptrdiff_t>(channels) * (width + 2 * border);
    }
    std::ptrdiff_t image_stride() const {
        return row_stride() * (height + 2 * border);
    }
    // Elements between the start of the memory and `data`.
    std::ptrdiff_t origin() const {
        return border * (row_stride() + channels);
    }

    // Elements without the border.
    std::size_t size() const {
        return std::size_t(channels) * std::size_t(width) * std::size_t(height) * std::size_t(batch);
    }
    // Elements with it: what the memory must hold.
    std::size_t storage() const {
        return static_cast<std::size_t>(image_stride() * batch);
    }
};

}  // namespace dsq
