/// The memory of a run: every tensor that stands between the layers, taken once.
#pragma once

#include <memory>
#include <vector>

#include "model/network.h"
#include "operators/tensor_view.h"

namespace dsq {

class Tensors {
public:
    /// A new tensor; the number by which it is known.
    int add(const Shape &shape);
    /// A tensor whose memory belongs to the caller (set_external).
    int add_external(const Shape &shape);
    /// Makes its border at least that wide.
    void widen_border(int tensor, int border);

    const Shape &shape(int tensor) const {
        return tensors_[static_cast<std::size_t>(tensor)].shape;
    }
    int border(int tensor) const {
        return tensors_[static_cast<std::size_t>(tensor)].border;
    }

    /// Takes the memory of all of them for batches of up to so many images, and fills it with 0.
    void allocate(int largest_batch);
    std::size_t bytes() const {
        return size_ * sizeof(float);
    }

    /// Of the views from here on.
    void set_batch(int batch) {
        batch_ = batch;
    }
    int batch() const {
        return batch_;
    }
    void set_external(int tensor, const float *data);
    TensorView<float> view(int tensor) const;

private:
    struct Entry {
        Shape shape;
        int border = 0;
        bool external = false;
        float *data = nullptr;
    };
    TensorView<float> view_of(const Entry &entry, int batch) const;

    struct Free {
        void operator()(float *memory) const;
    };
    std::vector<Entry> tensors_;
    std::unique_ptr<float, Free> memory_;
    std::size_t size_ = 0;
    int batch_ = 0;
};

}  // namespace dsq
