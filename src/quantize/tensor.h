// Tensors at the door of a kernel: checked, then seen as Halide sees them.
#pragma once

#include <HalideBuffer.h>

#include <initializer_list>
#include <span>
#include <string>
#include <type_traits>

#include "dsq/quantize.h"
#include "dsq/status.h"

namespace dsq {

// A span of any element type, with the name of the argument.
struct NamedTensor {
    template <typename Element>
    NamedTensor(const char *tensor_name, std::span<Element> span)
        : name(tensor_name), data(span.data()), size(span.size()) {
    }
    const char *name;
    const void *data;
    std::size_t size;
};

// All have the size of the first, none is null unless empty.
inline Status check_tensors(std::initializer_list<NamedTensor> tensors) {
    const NamedTensor &first = *tensors.begin();
    if (first.size > largest_tensor) {
        return {ErrorCode::mismatched_buffers,
                std::string(first.name) + ": " + std::to_string(first.size) + " elements, expected at most " +
                    std::to_string(largest_tensor)};
    }
    for (const NamedTensor &tensor : tensors) {
        if (tensor.size != first.size) {
            return {ErrorCode::mismatched_buffers,
                    std::string(tensor.name) + ": " + std::to_string(tensor.size) + " elements, expected " +
                        std::to_string(first.size) + " as " + first.name};
        }
        if (tensor.data == nullptr && tensor.size > 0) {
            return {ErrorCode::mismatched_buffers, std::string(tensor.name) + ": a null pointer"};
        }
    }
    return {};
}

// Halide's kernels take inputs through the same mutable type; they do not write to them.
template <typename Element>
Halide::Runtime::Buffer<std::remove_const_t<Element>, 1> view(std::span<Element> tensor) {
    using Value = std::remove_const_t<Element>;
    return Halide::Runtime::Buffer<Value, 1>(const_cast<Value *>(tensor.data()), static_cast<int>(tensor.size()));
}

}  // namespace dsq
