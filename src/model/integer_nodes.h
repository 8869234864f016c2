/// What each node of an IntegerGraph computes, for one image: the definition that compiled kernels must equal.
#pragma once

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

/// floor(clamp(x * 255, 0, 255) + 1/2), each operation rounded; a NaN gives 0.
std::uint8_t pixel_of(float x);

/// The code of x on the grid, as an integer behind it; a NaN gives the lowest.
int code_of(const CodeGrid &grid, float x);

/// Computes the tensors that `node` writes from those that it reads. The graph is valid (integer_graph.h).
void evaluate(const IntegerNode &node, ImageTensors &image);

}  // namespace dsq
