#include "compile/pack_weights.h"

namespace dsq {

std::vector<std::int8_t> pack_tiles(const CodeWeights &weights, int tile_channels) {
    const int tiles = (weights.out_channels + tile_channels - 1) / tile_channels;
    std::vector<std::int8_t> packed;
    packed.reserve(
        static_cast<std::size_t>(tiles * tile_channels * weights.in_channels * weights.kernel * weights.kernel));
    for (int tile = 0; tile < tiles; ++tile) {
        for (int ky = 0; ky < weights.kernel; ++ky) {
            for (int kx = 0; kx < weights.kernel; ++kx) {
                for (int in = 0; in < weights.in_channels; ++in) {
                    for (int lane = 0; lane < tile_channels; ++lane) {
                        const int out = tile * tile_channels + lane;
                        packed.push_back(out < weights.out_channels ? weights.at(out, in, ky, kx) : std::int8_t{0});
                    }
                }
            }
        }
    }
    return packed;
}

}  // namespace dsq
