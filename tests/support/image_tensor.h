// A tensor of images with a border, at a guard page, whose every float can be compared.
#pragma once

#include <vector>

#include "operators/tensor_view.h"
#include "tests/support/guarded_tensor.h"
#include "tests/support/samples.h"

namespace dsq::tests {

class ImageTensor {
public:
    // Extents and border of `shape`; random values between -1 and 1, the border too.
    ImageTensor(TensorView<float> shape, unsigned seed)
        : shape_(shape), memory_(shape.storage()), before_(shape.storage()) {
        shape_.data = memory_.span().data() + shape_.origin();
        Random random(seed);
        for (float &value : memory_.span()) value = uniform(random, -1.0F, 1.0F);
        before_.assign(memory_.span().begin(), memory_.span().end());
    }

    TensorView<float> view() {
        return shape_;
    }
    std::span<float> memory() {
        return memory_.span();
    }
    // Of pixel (x, y), which may lie in the border.
    float &at(int c, int x, int y, int n) {
        return shape_.data[n * shape_.image_stride() + y * shape_.row_stride() + x * shape_.channels + c];
    }

    // Calls `visit` for every element of the images.
    template <typename Visit>
    void for_each(Visit visit) {
        visit_pixels(shape_.batch, 0, visit);
    }
    // Whether the border is what it was at first.
    bool border_is_untouched() {
        bool untouched = true;
        visit_pixels(shape_.batch, shape_.border, [&](int c, int x, int y, int n) {
            const bool inside = x >= 0 && x < shape_.width && y >= 0 && y < shape_.height;
            const float &now = at(c, x, y, n);
            const auto index = static_cast<std::size_t>(&now - memory_.span().data());
            if (!inside && now != before_[index]) untouched = false;
        });
        return untouched;
    }

private:
    template <typename Visit>
    void visit_pixels(int batch, int border, Visit visit) {
        for (int n = 0; n < batch; ++n) {
            for (int y = -border; y < shape_.height + border; ++y) {
                for (int x = -border; x < shape_.width + border; ++x) {
                    for (int c = 0; c < shape_.channels; ++c) visit(c, x, y, n);
                }
            }
        }
    }

    TensorView<float> shape_;
    GuardedTensor<float> memory_;
    std::vector<float> before_;
};

// channels, width, height, batch, border
inline TensorView<float> shape_of(int channels, int width, int height, int batch, int border = 0) {
    return {nullptr, channels, width, height, batch, border};
}

}  // namespace dsq::tests
