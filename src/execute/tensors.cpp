#include "execute/tensors.h"

#include <algorithm>
#include <new>

namespace dsq {
namespace {

// Of a cache line and of the widest vector, in elements.
constexpr std::size_t alignment = 16;

}  // namespace

int Tensors::add(const Shape &shape) {
    tensors_.push_back({.shape = shape});
    return static_cast<int>(tensors_.size()) - 1;
}

int Tensors::add_external(const Shape &shape) {
    const int tensor = add(shape);
    tensors_.back().external = true;
    return tensor;
}

void Tensors::widen_border(int tensor, int border) {
    Entry &entry = tensors_[static_cast<std::size_t>(tensor)];
    entry.border = std::max(entry.border, border);
}

void Tensors::allocate(int largest_batch) {
    batch_ = largest_batch;
    std::vector<std::size_t> begins;
    size_ = 0;
    for (const Entry &entry : tensors_) {
        begins.push_back(size_);
        if (entry.external) continue;
        size_ += (view_of(entry, largest_batch).storage() + alignment - 1) / alignment * alignment;
    }
    auto *memory = static_cast<float *>(
        ::operator new(std::max<std::size_t>(size_, 1) * sizeof(float), std::align_val_t(alignment * sizeof(float))));
    memory_.reset(memory);
    std::fill_n(memory, size_, 0.0F);
    for (std::size_t i = 0; i < tensors_.size(); ++i) {
        Entry &entry = tensors_[i];
        if (!entry.external) entry.data = memory + begins[i] + view_of(entry, largest_batch).origin();
    }
}

void Tensors::Free::operator()(float *memory) const {
    ::operator delete(memory, std::align_val_t(alignment * sizeof(float)));
}

void Tensors::set_external(int tensor, const float *data) {
    // Only ever read.
    tensors_[static_cast<std::size_t>(tensor)].data = const_cast<float *>(data);
}

TensorView<float> Tensors::view(int tensor) const {
    return view_of(tensors_[static_cast<std::size_t>(tensor)], batch_);
}

TensorView<float> Tensors::view_of(const Entry &entry, int batch) const {
    return {entry.data, entry.shape.channels, entry.shape.width, entry.shape.height, batch, entry.border};
}

}  // namespace dsq
