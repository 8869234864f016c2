#include "execute/weight_layout.h"

#include <cstddef>

namespace dsq {
namespace {

// Calls `pair(index in file, index in kernel layout)` for each weight: out, in, and a plane of positions.
template <typename Pair>
void for_each_weight(const Layer &layer, const Shape &input, int channels, Pair pair) {
    const bool is_linear = layer.operation == Operation::linear;
    const auto width = static_cast<std::size_t>(is_linear ? input.width : layer.kernel);
    const auto height = static_cast<std::size_t>(is_linear ? input.height : layer.kernel);
    const auto in = static_cast<std::size_t>(layer.operation == Operation::depthwise_conv2d ? 1 : input.channels);
    const auto out = static_cast<std::size_t>(channels);
    for (std::size_t o = 0; o < out; ++o) {
        for (std::size_t i = 0; i < in; ++i) {
            for (std::size_t y = 0; y < height; ++y) {
                for (std::size_t x = 0; x < width; ++x) {
                    pair(((o * in + i) * height + y) * width + x, ((y * width + x) * in + i) * out + o);
                }
            }
        }
    }
}

}  // namespace

void to_kernel_layout(
    const Layer &layer, const Shape &input, int channels, std::span<const float> file, std::span<float> kernel) {
    for_each_weight(layer, input, channels, [&](std::size_t f, std::size_t k) { kernel[k] = file[f]; });
}

void to_file_layout(
    const Layer &layer, const Shape &input, int channels, std::span<const float> kernel, std::span<float> file) {
    for_each_weight(layer, input, channels, [&](std::size_t f, std::size_t k) { file[f] = kernel[k]; });
}

}  // namespace dsq
