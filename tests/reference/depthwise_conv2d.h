// Convolution of each channel by itself in plain C++, in double.
#pragma once

#include <cmath>

#include "operators/conv2d.h"

namespace dsq::reference {

// A sum of products, and the sum of their magnitudes: what rounding errors are measured by.
struct DepthwiseSum {
    double value = 0;
    double magnitude = 0;

    void add(float left, float right) {
        const double product = double{left} * double{right};
        value += product;
        magnitude += std::abs(product);
    }
};

// Calls `visit` for every weight (kx, ky) and the pixel of the input, border and all, that it meets at output (x, y).
template <typename Visit>
void for_each_weight(const Conv2dShape &shape, int x, int y, Visit visit) {
    for (int ky = 0; ky < shape.kernel; ++ky) {
        for (int kx = 0; kx < shape.kernel; ++kx) {
            visit(kx, ky, x * shape.stride + kx - shape.padding(), y * shape.stride + ky - shape.padding());
        }
    }
}

}  // namespace dsq::reference
