/// What the tensors of an IntegerGraph hold for one image.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "model/integer_graph.h"

namespace dsq {

/// What a tensor holds: `codes` or `reals`, as its IntegerTensor says, in the order [y][x][channel].
struct TensorValues {
    std::vector<std::int8_t> codes = {};
    std::vector<float> reals = {};
};

struct ImageTensors {
    const std::vector<IntegerTensor> &tensors;  ///< of the graph
    std::span<const std::uint8_t> pixels;       ///< of the image
    std::vector<TensorValues> values;           ///< of `tensors`
};

inline const Shape &shape_of(int tensor, const ImageTensors &image) {
    return image.tensors[static_cast<std::size_t>(tensor)].shape;
}
inline std::vector<std::int8_t> &codes_of(int tensor, ImageTensors &image) {
    return image.values[static_cast<std::size_t>(tensor)].codes;
}
inline std::vector<float> &reals_of(int tensor, ImageTensors &image) {
    return image.values[static_cast<std::size_t>(tensor)].reals;
}

/// With room for all elements.
inline std::vector<std::int8_t> &make_codes(int tensor, ImageTensors &image) {
    codes_of(tensor, image).resize(element_count(shape_of(tensor, image)));
    return codes_of(tensor, image);
}
inline std::vector<float> &make_reals(int tensor, ImageTensors &image) {
    reals_of(tensor, image).resize(element_count(shape_of(tensor, image)));
    return reals_of(tensor, image);
}

/// Where an element stands.
inline std::size_t at(const Shape &shape, int channel, int x, int y) {
    const std::ptrdiff_t pixel = std::ptrdiff_t{y} * shape.width + x;
    return static_cast<std::size_t>(pixel * shape.channels + channel);
}

}  // namespace dsq
