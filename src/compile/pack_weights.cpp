#include "compile/pack_weights.h"

#include "compile/winograd_transform.h"

#include <cstddef>

namespace dsq {
namespace {

// element(out, group of input channels, index in the group, ky, kx), in the order [tile][ky][kx][group][out][index].
template <typename Packed = std::int8_t, typename Element>
std::vector<Packed> pack(const CodeWeights &weights, int tile_channels, int groups, int group_size, Element element) {
    const int tiles = (weights.out_channels + tile_channels - 1) / tile_channels;
    std::vector<Packed> packed;
    packed.reserve(static_cast<std::size_t>(tiles * tile_channels * weights.kernel * weights.kernel) *
                   static_cast<std::size_t>(groups * group_size));
    for (int tile = 0; tile < tiles; ++tile) {
        for (int tap = 0; tap < weights.kernel * weights.kernel; ++tap) {
            for (int group = 0; group < groups; ++group) {
                for (int out = tile * tile_channels; out < (tile + 1) * tile_channels; ++out) {
                    for (int i = 0; i < group_size; ++i) {
                        packed.push_back(out < weights.out_channels
                                             ? static_cast<Packed>(
                                                   element(out, group, i, tap / weights.kernel, tap % weights.kernel))
                                             : Packed{0});
                    }
                }
            }
        }
    }
    return packed;
}

template <typename Packed>
std::vector<Packed> groups_of(const CodeWeights &weights, int tile_channels, int group_size) {
    const auto weight = [&](int out, int group, int i, int ky, int kx) {
        const int in = group * group_size + i;
        return in < weights.in_channels ? weights.at(out, in, ky, kx) : std::int16_t{0};
    };
    return pack<Packed>(
        weights, tile_channels, (weights.in_channels + group_size - 1) / group_size, group_size, weight);
}

}  // namespace

std::vector<std::int8_t> pack_tiles(const CodeWeights &weights, int tile_channels) {
    return pack_groups(weights, tile_channels, 1);
}

std::vector<std::int8_t> pack_groups(const CodeWeights &weights, int tile_channels, int group_size) {
    return groups_of<std::int8_t>(weights, tile_channels, group_size);
}

CodeWeights rows_as_channels(const CodeWeights &weights, int row_channels) {
    CodeWeights rows{weights.out_channels, row_channels * weights.kernel, 1, {}};
    for (int out = 0; out < weights.out_channels; ++out) {
        for (int ky = 0; ky < weights.kernel; ++ky) {
            for (int i = 0; i < row_channels; ++i) {
                const int in = i % weights.in_channels, kx = i / weights.in_channels;
                rows.values.push_back(kx < weights.kernel ? weights.at(out, in, ky, kx) : std::int16_t{0});
            }
        }
    }
    return rows;
}

std::vector<std::int16_t> pack_wide(const CodeWeights &weights, int tile_channels, int group_size) {
    return groups_of<std::int16_t>(weights, tile_channels, group_size);
}

Status pack_winograd(const CodeWeights &weights, int tile_channels, std::vector<std::int8_t> &packed, int group_size) {
    CodeWeights transformed;
    if (Status status = transform_weights(weights, transformed); !status.ok()) return status;
    packed = pack_groups(transformed, tile_channels, group_size);
    return {};
}

}  // namespace dsq
