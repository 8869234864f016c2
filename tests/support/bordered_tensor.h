// A tensor with a border, in memory that ends at a guard page.
#pragma once

#include <vector>

#include "operators/tensor_view.h"
#include "tests/support/guarded_tensor.h"
#include "tests/support/samples.h"

namespace dsq::tests {

// Channels, width, height, batch and border; the view's data is ignored.
using Extents = TensorView<const float>;

class BorderedTensor {
public:
    // Every element, the border's too, is `value`.
    BorderedTensor(Extents extents, float value) : extents_(extents), memory_(extents.storage()) {
        for (float &element : memory_.span()) element = value;
    }
    // Random within [-1, 1]; the border is `border_value`.
    BorderedTensor(Extents extents, unsigned seed, float border_value) : BorderedTensor(extents, border_value) {
        Random random(seed);
        for_each_row([&](float *row) {
            for (int i = 0; i < extents_.width * extents_.channels; ++i) row[i] = uniform(random, -1.0F, 1.0F);
        });
    }

    TensorView<float> view() {
        float *first = memory_.span().data() + extents_.origin();
        return {first, extents_.channels, extents_.width, extents_.height, extents_.batch, extents_.border};
    }
    // What lies within the borders.
    std::vector<float> inside() {
        std::vector<float> values;
        for_each_row(
            [&](const float *row) { values.insert(values.end(), row, row + extents_.width * extents_.channels); });
        return values;
    }
    // Whether no element of the border differs from `value`.
    bool border_is(float value) {
        std::size_t inside_count = 0, count = 0;
        for (float element : memory_.span()) count += element == value ? 1 : 0;
        for (float element : inside()) inside_count += element == value ? 1 : 0;
        return count - inside_count == extents_.storage() - extents_.size();
    }

private:
    template <typename Use>
    void for_each_row(Use use) {
        const TensorView<float> tensor = view();
        for (int n = 0; n < extents_.batch; ++n) {
            for (int y = 0; y < extents_.height; ++y)
                use(tensor.data + n * tensor.image_stride() + y * tensor.row_stride());
        }
    }

    Extents extents_;
    GuardedTensor<float> memory_;
};

}  // namespace dsq::tests
