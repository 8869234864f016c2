/// The weights of a layer as integers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace dsq {

/// Codes of weights, shifted (code_range.h), in PyTorch's order: [out][in][ky][kx]. 8 bits hold them, but those of a
/// first layer that was trained in float32: up to 16.
struct CodeWeights {
    int out_channels = 0;
    int in_channels = 0;
    int kernel = 1;  ///< extent of the window
    std::vector<std::int16_t> values;

    std::int16_t at(int out, int in, int ky, int kx) const {
        const int index = ((out * in_channels + in) * kernel + ky) * kernel + kx;
        return values[static_cast<std::size_t>(index)];
    }
};

}  // namespace dsq
