#include "compile/choose_way.h"

#include <algorithm>
#include <vector>

#include "compile/bit_planes.h"
#include "compile/run_length.h"

namespace dsq {
namespace {

// The sums of an Arm tile fill the registers: as many bytes in 8 bits, twice as many in 16.
constexpr int arm_tile = 128;

constexpr Tile arm_wide_tile{8, 8};

Tile arm_tile_for(int out_channels, int lanes) {
    const int channels = out_channels > 32 ? 64 : out_channels > 16 ? 32 : 16;
    return {lanes / channels, channels};
}

bool has_small_products(const ConvolutionOperands &operands) {
    constexpr int shortest_useful_run = 4;
    const WorstProducts products(operands.weights, operands.input_range);
    return longest_uniform_run(products, identity_order(operands.weights.in_channels), 8) >= shortest_useful_run;
}

std::vector<WayChoice> arm_ways(const ConvolutionOperands &operands) {
    const int out_channels = operands.weights.out_channels;
    std::vector<WayChoice> ways;
    if (is_for(ConvolutionWay::wide, operands)) ways.push_back({ConvolutionWay::wide, arm_wide_tile});
    const int planes = bit_planes(operands.weight_range) * bit_planes(operands.input_range);
    const bool takes_winograd = is_for(ConvolutionWay::winograd, operands);
    if (is_for(ConvolutionWay::popcount, operands) && (planes == 1 || (planes == 2 && !takes_winograd))) {
        ways.push_back({ConvolutionWay::popcount, {planes == 1 ? 4 : 2, 32}});
    }
    if (takes_winograd) {
        ways.push_back({ConvolutionWay::winograd_sadalp, out_channels > 16 ? Tile{3, 32} : Tile{6, 16}});
        ways.push_back({ConvolutionWay::winograd, arm_tile_for(out_channels, arm_tile)});
        ways.push_back({ConvolutionWay::winograd_smlal, arm_tile_for(out_channels, arm_tile / 2)});
    }
    if (has_small_products(operands)) ways.push_back({ConvolutionWay::mla, arm_tile_for(out_channels, arm_tile)});
    ways.push_back({ConvolutionWay::smlal, arm_tile_for(std::min(out_channels, 32), arm_tile)});
    return ways;
}

// Sums in 16 of the 32 registers of AVX-512: weights of 64 channels take four, activations some.
Tile vnni_tile(int out_channels) {
    if (out_channels <= 16) return {16, 16};
    return out_channels <= 32 ? Tile{8, 32} : Tile{4, 64};
}

// In 8 of the 16 of AVX2, or in 4 where sums have 16 bits.
Tile avx2_tile(int out_channels) {
    return out_channels <= 16 ? Tile{4, 16} : Tile{2, 32};
}

Tile wide_tile(InstructionSet instruction_set, int out_channels) {
    if (instruction_set == InstructionSet::vnni) return vnni_tile(out_channels);
    return instruction_set == InstructionSet::avx2 ? avx2_tile(out_channels) : arm_wide_tile;
}

}  // namespace

std::vector<WayChoice> default_ways(InstructionSet instruction_set,
                                    std::string_view,
                                    const ConvolutionOperands &operands) {
    const int out_channels = operands.weights.out_channels;
    if (!operands.depthwise && !is_for(ConvolutionWay::smlal, operands)) {
        return {{ConvolutionWay::wide, wide_tile(instruction_set, out_channels)}};
    }
    if (operands.depthwise) return {{ConvolutionWay::depthwise, {4, out_channels}}};
    switch (instruction_set) {
        case InstructionSet::armv8:
            return arm_ways(operands);
        case InstructionSet::dotprod:
            return {{ConvolutionWay::dot, {8, 8}}};
        case InstructionSet::vnni:
            return {{ConvolutionWay::dot, vnni_tile(out_channels)}};
        case InstructionSet::avx2:
            return {{ConvolutionWay::pairs, avx2_tile(out_channels)}};
    }
    return {};
}

}  // namespace dsq
