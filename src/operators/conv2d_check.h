// What convolutions ask of their arguments.
#pragma once

#include <algorithm>
#include <string>

#include "operators/conv2d.h"

namespace dsq {

template <typename Element>
std::string extents(const TensorView<Element> &tensor) {
    return std::to_string(tensor.channels) + "x" + std::to_string(tensor.width) + "x" + std::to_string(tensor.height) +
           "x" + std::to_string(tensor.batch);
}

inline std::string text(const Conv2dShape &shape) {
    return "kernel " + std::to_string(shape.kernel) + ", stride " + std::to_string(shape.stride);
}

// Each slice of the batch has a copy of the gradient: many where that is small, none where blocks of channels are
// tasks enough. Fixed by the layer alone, as it is the order of the additions.
inline int backward_weight_slices(int out_channels, int batch) {
    return std::clamp(512 / out_channels, 1, std::min(32, std::max(batch, 1)));
}

inline Status check_pointer(const char *name, const void *data) {
    return data == nullptr ? Status{ErrorCode::mismatched_buffers, std::string(name) + ": a null pointer"} : Status{};
}

inline Status check_shape(const Conv2dShape &shape) {
    if (shape.stride < 1) return {ErrorCode::invalid_argument, "stride = " + std::to_string(shape.stride)};
    if (shape.kernel < 1 || shape.kernel % 2 == 0) {
        return {ErrorCode::invalid_argument, "kernel = " + std::to_string(shape.kernel) + ": expected an odd number"};
    }
    return {};
}

template <typename Element>
Status check_border(const char *name, const TensorView<Element> &tensor, int padding) {
    if (tensor.border >= padding) return {};
    return {ErrorCode::mismatched_buffers,
            std::string(name) + ": border = " + std::to_string(tensor.border) + ": expected at least " +
                std::to_string(padding)};
}

// `output` is as large as the convolution of `input` makes it.
template <typename Input, typename Output>
Status check_extents(const Conv2dShape &shape,
                     const char *input_name,
                     const TensorView<Input> &input,
                     const char *output_name,
                     const TensorView<Output> &output) {
    const TensorView<Output> expected{nullptr,
                                      output.channels,
                                      conv2d_output_extent(input.width, shape),
                                      conv2d_output_extent(input.height, shape),
                                      input.batch,
                                      0};
    if (extents(output) == extents(expected)) return {};
    return {ErrorCode::mismatched_buffers,
            std::string(output_name) + " " + extents(output) + ": expected " + extents(expected) + " for " +
                input_name + " " + extents(input)};
}

}  // namespace dsq
