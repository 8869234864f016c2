/// Weights between the layout of files (PyTorch's) and that of the kernels.
#pragma once

#include <span>

#include "model/network.h"

namespace dsq {

/// `input`: what the layer reads, `channels`: what it gives.
/// conv2d [co][ci][ky][kx] to [ky][kx][ci][co], depthwise_conv2d [c][1][ky][kx] to [ky][kx][c], linear [out][c][y][x]
/// to [y][x][c][out], the last index innermost.
void to_kernel_layout(
    const Layer &layer, const Shape &input, int channels, std::span<const float> file, std::span<float> kernel);
void to_file_layout(
    const Layer &layer, const Shape &input, int channels, std::span<const float> kernel, std::span<float> file);

}  // namespace dsq
