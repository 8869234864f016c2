// A tensor of images of a deployed network, codes or reals, in memory that ends at a guard page.
#pragma once

#include <HalideBuffer.h>

#include <algorithm>
#include <vector>

#include "model/network.h"
#include "operators/tensor_buffer.h"
#include "tests/support/guarded_tensor.h"

namespace dsq::tests {

template <typename Element>
class DeployedTensor {
public:
    static constexpr int batch = 2;

    // Every element, the border's too, is `filler`.
    DeployedTensor(const Shape &shape, int border, Element filler)
        : view_{nullptr, shape.channels, shape.width, shape.height, batch, border},
          memory_(view_.storage()),
          filler_(filler) {
        std::ranges::fill(memory_.span(), filler);
        view_.data = memory_.span().data() + view_.origin();
    }

    // Without the border.
    TensorBuffer<Element> buffer() const {
        return dsq::buffer(view_);
    }
    const TensorView<Element> &view() const {
        return view_;
    }
    std::vector<Element> image(int n) const {
        std::vector<Element> values;
        for (int y = 0; y < view_.height; ++y) values.insert(values.end(), row(y, n), row(y, n) + row_size());
        return values;
    }
    void set_image(int n, const std::vector<Element> &values) {
        for (int y = 0; y < view_.height; ++y) {
            std::copy_n(values.begin() + std::ptrdiff_t{y} * row_size(), row_size(), row(y, n));
        }
    }
    // Whether no element of the border differs from `value`. Spoils the images.
    bool border_is(Element value) {
        for (int n = 0; n < batch; ++n) {
            for (int y = 0; y < view_.height; ++y) std::fill_n(row(y, n), row_size(), value);
        }
        return std::ranges::all_of(memory_.span(), [&](Element element) { return element == value; });
    }
    bool border_is_untouched() {
        return border_is(filler_);
    }

private:
    Element *row(int y, int n) const {
        return view_.data + n * view_.image_stride() + y * view_.row_stride();
    }
    int row_size() const {
        return view_.width * view_.channels;
    }

    TensorView<Element> view_;
    GuardedTensor<Element> memory_;
    Element filler_;
};

}  // namespace dsq::tests
