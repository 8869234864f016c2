// Pooling in plain C++, in double.
#pragma once

#include <vector>

#include "operators/pooling.h"

namespace dsq::reference {

struct Pixel {
    int x, y;
};

// The pixels of window (x, y) that lie in an image of this size, rows first.
inline std::vector<Pixel> window(const PoolShape &shape, int x, int y, int width, int height) {
    std::vector<Pixel> pixels;
    for (int ky = 0; ky < shape.kernel; ++ky) {
        for (int kx = 0; kx < shape.kernel; ++kx) {
            const Pixel pixel{x * shape.stride - shape.padding + kx, y * shape.stride - shape.padding + ky};
            if (pixel.x >= 0 && pixel.x < width && pixel.y >= 0 && pixel.y < height) pixels.push_back(pixel);
        }
    }
    return pixels;
}

// The first largest of them; `value` gives that of a pixel.
template <typename Value>
Pixel first_largest(const std::vector<Pixel> &pixels, Value value) {
    Pixel largest = pixels.front();
    for (const Pixel &pixel : pixels) {
        if (value(pixel) > value(largest)) largest = pixel;
    }
    return largest;
}

}  // namespace dsq::reference
