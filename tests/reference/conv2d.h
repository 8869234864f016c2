// Convolution in plain C++, in double: forward, and the three gradients.
#pragma once

#include <vector>

#include "operators/conv2d.h"

namespace dsq::reference {

// A sum of products, and the sum of their magnitudes: what rounding errors are measured by.
struct Sum {
    double value = 0, magnitude = 0;
    int terms = 0;

    void add(double product) {
        value += product;
        magnitude += product < 0 ? -product : product;
        ++terms;
    }
};

// Calls use(output element, input element, weight, inside) of the indices of every product of the convolution; the
// input's index counts from its data, and `inside` is whether it lies in the image or in the border.
template <typename Use>
void for_each_product(const Conv2dShape &shape,
                      const TensorView<const float> &input,
                      const TensorView<const float> &output,
                      Use use) {
    for (int n = 0; n < output.batch; ++n)
        for (int y = 0; y < output.height; ++y)
            for (int x = 0; x < output.width; ++x)
                for (int ky = 0; ky < shape.kernel; ++ky)
                    for (int kx = 0; kx < shape.kernel; ++kx) {
                        const int from_x = x * shape.stride + kx - shape.padding();
                        const int from_y = y * shape.stride + ky - shape.padding();
                        const bool inside = from_x >= 0 && from_x < input.width && from_y >= 0 && from_y < input.height;
                        const long to = n * output.image_stride() + y * output.row_stride() + long{x} * output.channels;
                        const long from =
                            n * input.image_stride() + from_y * input.row_stride() + long{from_x} * input.channels;
                        const long tap = long{ky * shape.kernel + kx} * input.channels * output.channels;
                        for (int ci = 0; ci < input.channels; ++ci)
                            for (int co = 0; co < output.channels; ++co)
                                use(to + co, from + ci, tap + long{ci} * output.channels + co, inside);
                    }
}

// The sums of a tensor, laid out like its memory from its data on.
using Sums = std::vector<Sum>;

inline Sums conv2d(const Conv2dShape &shape,
                   const TensorView<const float> &input,
                   const float *weights,
                   const TensorView<const float> &output) {
    Sums sums(output.storage());
    for_each_product(shape, input, output, [&](long to, long from, long weight, bool) {
        sums[std::size_t(to)].add(double{input.data[from]} * double{weights[weight]});
    });
    return sums;
}

inline Sums conv2d_backward_input(const Conv2dShape &shape,
                                  const TensorView<const float> &grad_output,
                                  const float *weights,
                                  const TensorView<const float> &grad_input) {
    Sums sums(grad_input.storage());
    for_each_product(shape, grad_input, grad_output, [&](long to, long from, long weight, bool inside) {
        if (inside) sums[std::size_t(from)].add(double{grad_output.data[to]} * double{weights[weight]});
    });
    return sums;
}

inline Sums conv2d_backward_weight(const Conv2dShape &shape,
                                   const TensorView<const float> &input,
                                   const TensorView<const float> &grad_output) {
    Sums sums(std::size_t(shape.kernel * shape.kernel * input.channels * grad_output.channels));
    for_each_product(shape, input, grad_output, [&](long to, long from, long weight, bool) {
        sums[std::size_t(weight)].add(double{grad_output.data[to]} * double{input.data[from]});
    });
    return sums;
}

inline Sum conv2d_backward_padding(const Conv2dShape &shape,
                                   const TensorView<const float> &input,
                                   const TensorView<const float> &grad_output,
                                   const float *weights) {
    Sum sum;
    for_each_product(shape, input, grad_output, [&](long to, long, long weight, bool inside) {
        if (!inside) sum.add(double{grad_output.data[to]} * double{weights[weight]});
    });
    return sum;
}

}  // namespace dsq::reference
