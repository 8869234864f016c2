// A tensor of images that ends at a guard page, with a border of NaN: what reads it shows, and so does what writes it.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "operators/tensor_view.h"
#include "tests/support/guarded_tensor.h"
#include "tests/support/samples.h"

namespace dsq::tests {

struct ImageShape {
    int channels, width, height, batch, border = 0;
};

class GuardedImages {
public:
    explicit GuardedImages(const ImageShape &s)
        : view_{nullptr, s.channels, s.width, s.height, s.batch, s.border}, memory_(view_.storage()) {
        std::ranges::fill(memory_.span(), std::numeric_limits<float>::quiet_NaN());
        view_.data = memory_.span().data() + view_.origin();
    }
    GuardedImages(const ImageShape &s, const std::vector<float> &values) : GuardedImages(s) {
        auto value = values.begin();
        for_each_element([&](float &element) { element = *value++; });
    }
    // Random values between -1 and 1.
    GuardedImages(const ImageShape &s, unsigned seed) : GuardedImages(s) {
        Random random(seed);
        for_each_element([&](float &element) { element = uniform(random, -1.0F, 1.0F); });
    }

    const TensorView<float> &view() const {
        return view_;
    }
    // All of it, with the border.
    std::span<float> memory() {
        return memory_.span();
    }
    // Of pixel (x, y), which may lie in the border.
    float &at(int c, int x, int y, int n) {
        return view_.data[n * view_.image_stride() + y * view_.row_stride() + x * view_.channels + c];
    }
    // Calls `visit` with the place (c, x, y, n) of every element.
    template <typename Visit>
    void for_each_place(Visit visit) const {
        for (int n = 0; n < view_.batch; ++n) {
            for (int y = 0; y < view_.height; ++y) {
                for (int x = 0; x < view_.width; ++x) {
                    for (int c = 0; c < view_.channels; ++c) visit(c, x, y, n);
                }
            }
        }
    }
    // Without the border, in the order of memory.
    std::vector<float> values() const {
        std::vector<float> result;
        for_each_element([&](const float &element) { result.push_back(element); });
        return result;
    }
    // The border still holds nothing but NaN. Spoils the images.
    bool border_is_untouched() {
        for_each_element([](float &element) { element = std::numeric_limits<float>::quiet_NaN(); });
        return std::ranges::all_of(memory_.span(), [](float element) { return std::isnan(element); });
    }

private:
    template <typename Function>
    void for_each_element(Function function) const {
        for (int n = 0; n < view_.batch; ++n) {
            for (int y = 0; y < view_.height; ++y) {
                float *row = view_.data + n * view_.image_stride() + y * view_.row_stride();
                for (int i = 0; i < view_.width * view_.channels; ++i) function(row[i]);
            }
        }
    }

    TensorView<float> view_;
    GuardedTensor<float> memory_;
};

}  // namespace dsq::tests
