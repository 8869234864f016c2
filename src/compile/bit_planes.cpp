#include "compile/bit_planes.h"

#include <cstddef>

namespace dsq {
namespace {

// The upper plane says that a code is at least 0, the lower one that it is odd.
bool has_bit(int code, int plane, int planes) {
    return plane == planes - 1 ? code >= 0 : code % 2 != 0;
}

}  // namespace

int bit_planes(CodeRange range) {
    if (range == CodeRange{-1, 1}) return 1;
    return range == shifted_range(2) ? 2 : 0;
}

std::vector<std::int8_t> pack_planes(const CodeWeights &weights, int tile_channels, int planes) {
    const int tiles = (weights.out_channels + tile_channels - 1) / tile_channels;
    const int steps = (weights.in_channels + plane_channels - 1) / plane_channels;
    const auto byte_of = [&](int out, int first, int plane, int tap) {
        unsigned bits = 0;
        for (int bit = 0; bit < 8; ++bit) {
            const int in = first + bit;
            if (out >= weights.out_channels || in >= weights.in_channels) continue;
            const int code = weights.at(out, in, tap / weights.kernel, tap % weights.kernel);
            if (has_bit(code, plane, planes)) bits |= 1U << static_cast<unsigned>(bit);
        }
        return static_cast<std::int8_t>(bits);
    };
    std::vector<std::int8_t> packed;
    for (int tile = 0; tile < tiles; ++tile) {
        for (int tap = 0; tap < weights.kernel * weights.kernel; ++tap) {
            for (int step = 0; step < steps; ++step) {
                for (int plane = 0; plane < planes; ++plane) {
                    for (int out = tile * tile_channels; out < (tile + 1) * tile_channels; ++out) {
                        for (const int half : {0, 8})
                            packed.push_back(byte_of(out, step * plane_channels + half, plane, tap));
                    }
                }
            }
        }
    }
    return packed;
}

std::vector<std::int32_t> planes_start(const CodeWeights &weights, int weight_planes, int activation_planes) {
    const int products = weights.in_channels * weights.kernel * weights.kernel;
    const int of_product = weight_planes + activation_planes == 4 ? 4 : 3;
    std::vector<std::int32_t> start(static_cast<std::size_t>(weights.out_channels), of_product * products);
    if (activation_planes == 1) return start;
    for (std::size_t i = 0; i < weights.values.size(); ++i) {
        start[i / static_cast<std::size_t>(products)] -= weights.values[i];
    }
    return start;
}

}  // namespace dsq
