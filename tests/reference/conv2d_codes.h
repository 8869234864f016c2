// A convolution of codes in plain C++: exact sums, and what the epilogues make of them.
#pragma once

#include <cstdint>

#include "model/code_weights.h"
#include "operators/tensor_view.h"

namespace dsq::reference {

struct CodesWindow {
    std::int64_t sum;    // of weight * code: the accumulator
    std::int64_t codes;  // of the codes alone
};

// What output (out, x, y, n) sees; the padding is read from the border. Where the weights have fewer input channels
// than the input, these are of groups.
inline CodesWindow codes_window(
    const CodeWeights &weights, int stride, const TensorView<std::int8_t> &input, int out, int x, int y, int n) {
    CodesWindow window{0, 0};
    const int padding = weights.kernel / 2;
    const int groups = input.channels / weights.in_channels;
    const int first = out / (weights.out_channels / groups) * weights.in_channels;
    for (int ky = 0; ky < weights.kernel; ++ky) {
        for (int kx = 0; kx < weights.kernel; ++kx) {
            const std::int8_t *pixel = input.data + n * input.image_stride() +
                                       (y * stride + ky - padding) * input.row_stride() +
                                       (x * stride + kx - padding) * input.channels + first;
            for (int in = 0; in < weights.in_channels; ++in) {
                window.sum += weights.at(out, in, ky, kx) * pixel[in];
                window.codes += pixel[in];
            }
        }
    }
    return window;
}

}  // namespace dsq::reference
