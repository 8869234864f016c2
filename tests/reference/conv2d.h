// Convolution in plain C++, in double.
#pragma once

#include <vector>

#include "operators/conv2d.h"

namespace dsq::reference {

// The sum of products, and the sum of their magnitudes: what rounding errors are measured by.
struct Conv2dSum {
    double value;
    double magnitude;
};

inline Conv2dSum conv2d(const Conv2dShape &shape,
                        const TensorView<const float> &input,
                        const float *weights,
                        int out_channels,
                        int co,
                        int x,
                        int y,
                        int n) {
    Conv2dSum sum{};
    for (int ky = 0; ky < shape.kernel; ++ky) {
        for (int kx = 0; kx < shape.kernel; ++kx) {
            const int from_x = x * shape.stride + kx - shape.kernel / 2;
            const int from_y = y * shape.stride + ky - shape.kernel / 2;
            if (from_x < 0 || from_x >= input.width || from_y < 0 || from_y >= input.height) continue;
            for (int ci = 0; ci < input.channels; ++ci) {
                const long pixel = (long(n) * input.height + from_y) * input.width + from_x;
                const long weight = ((long(ky) * shape.kernel + kx) * input.channels + ci) * out_channels + co;
                const double product = double{input.data[pixel * input.channels + ci]} * double{weights[weight]};
                sum.value += product;
                sum.magnitude += product < 0 ? -product : product;
            }
        }
    }
    return sum;
}

}  // namespace dsq::reference
