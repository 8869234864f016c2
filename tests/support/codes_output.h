// An output of a kernel of codes.
#pragma once

#include <algorithm>

#include "operators/tensor_buffer.h"
#include "tests/support/guarded_tensor.h"

namespace dsq::tests {

// What a kernel writes, among a border that it must not touch.
template <typename Element>
class CodesOutput {
public:
    // The view's data is ignored.
    explicit CodesOutput(const TensorView<float> &extents)
        : view_{nullptr, extents.channels, extents.width, extents.height, extents.batch, 1}, memory_(view_.storage()) {
        std::ranges::fill(memory_.span(), untouched);
        view_.data = memory_.span().data() + view_.origin();
        buffer_ = buffer(view_);
    }

    void *argument() {
        return static_cast<halide_buffer_t *>(buffer_);
    }
    // From expected(index without the border), and of the border.
    template <typename Expected>
    long differing(Expected expected) const {
        long count = 0;
        std::size_t i = 0;
        for (int n = 0; n < view_.batch; ++n) {
            for (int y = -1; y <= view_.height; ++y) {
                const Element *row = view_.data + n * view_.image_stride() + y * view_.row_stride();
                for (int at = -view_.channels; at < (view_.width + 1) * view_.channels; ++at) {
                    const bool is_inside = y >= 0 && y < view_.height && at >= 0 && at < view_.width * view_.channels;
                    count += row[at] == (is_inside ? expected(i++) : untouched) ? 0 : 1;
                }
            }
        }
        return count;
    }

private:
    static constexpr Element untouched = 99;

    TensorView<Element> view_;
    GuardedTensor<Element> memory_;
    TensorBuffer<Element> buffer_;
};

}  // namespace dsq::tests
