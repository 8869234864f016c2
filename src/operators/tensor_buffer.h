// Tensors as the kernels take them.
#pragma once

#include <HalideBuffer.h>

#include <type_traits>

#include "operators/tensor_view.h"

namespace dsq {

template <typename Element>
using TensorBuffer = Halide::Runtime::Buffer<std::remove_const_t<Element>, 4>;

// (c, x, y, n) without the border, or with so many pixels of it: x and y then begin at -border.
template <typename Element>
TensorBuffer<Element> buffer(const TensorView<Element> &view, int border = 0) {
    const int row = static_cast<int>(view.row_stride()), image = static_cast<int>(view.image_stride());
    const halide_dimension_t dimensions[] = {{0, view.channels, 1},
                                             {-border, view.width + 2 * border, view.channels},
                                             {-border, view.height + 2 * border, row},
                                             {0, view.batch, image}};
    auto *first = const_cast<std::remove_const_t<Element> *>(view.data) - border * (row + view.channels);
    return TensorBuffer<Element>(first, 4, dimensions);
}

}  // namespace dsq
