#include "compile/winograd_transform.h"

#include <algorithm>
#include <string>

#include "compile/run_length.h"

namespace dsq {
namespace {

constexpr int weight_rows[winograd_extent][3] = {{1, 0, 0}, {1, 1, 1}, {1, -1, 1}, {0, 0, 1}};
constexpr int input_rows[winograd_extent][4] = {{1, 0, -1, 0}, {0, 1, 1, 0}, {0, -1, 1, 0}, {0, 1, 0, -1}};

bool fits_8_bits(int value) {
    return value >= -128 && value <= 127;
}

int transformed_weight(const CodeWeights &weights, int out, int in, int y, int x) {
    int sum = 0;
    for (int ky = 0; ky < 3; ++ky) {
        for (int kx = 0; kx < 3; ++kx) sum += weight_rows[y][ky] * weight_rows[x][kx] * weights.at(out, in, ky, kx);
    }
    return sum;
}

// Those between the two output transforms: along x alone, at one position there; no tap in the last row.
CodeWeights transformed_in_x(const CodeWeights &weights, std::size_t x) {
    CodeWeights result{weights.out_channels, weights.in_channels, winograd_extent, {}};
    const auto count = static_cast<std::size_t>(weights.out_channels) * static_cast<std::size_t>(weights.in_channels);
    result.values.resize(count * winograd_positions);
    for (std::size_t i = 0; i < count * 9; ++i) {
        const std::size_t ky = i / 3 % 3, at = (i / 9 * winograd_extent + ky) * winograd_extent + x;
        result.values[at] = static_cast<std::int16_t>(result.values[at] + weight_rows[x][i % 3] * weights.values[i]);
    }
    return result;
}

CodeRange range_in_x(CodeRange activations, std::size_t x) {
    CodeRange range;
    for (const int factor : input_rows[x]) {
        range.low += std::min(factor * activations.low, factor * activations.high);
        range.high += std::max(factor * activations.low, factor * activations.high);
    }
    return range;
}

CodeRange range_at(CodeRange activations, int y, int x) {
    CodeRange range;
    for (const int along_y : input_rows[y]) {
        for (const int along_x : input_rows[x]) {
            const int factor = along_y * along_x;
            range.low += std::min(factor * activations.low, factor * activations.high);
            range.high += std::max(factor * activations.low, factor * activations.high);
        }
    }
    return range;
}

}  // namespace

Status transform_weights(const CodeWeights &weights, CodeWeights &transformed) {
    if (weights.kernel != 3) {
        return {ErrorCode::invalid_argument,
                "kernel: expected 3 for Winograd's F(2x2, 3x3), found " + std::to_string(weights.kernel)};
    }
    CodeWeights result{weights.out_channels, weights.in_channels, winograd_extent, {}};
    for (int out = 0; out < weights.out_channels; ++out) {
        for (int in = 0; in < weights.in_channels; ++in) {
            for (int position = 0; position < winograd_positions; ++position) {
                const int value =
                    transformed_weight(weights, out, in, position / winograd_extent, position % winograd_extent);
                if (!fits_8_bits(value)) {
                    return {ErrorCode::invalid_argument,
                            "weights of output channel " + std::to_string(out) + ", input channel " +
                                std::to_string(in) + ": expected -128 to 127 after Winograd's transform, found " +
                                std::to_string(value)};
                }
                result.values.push_back(static_cast<std::int8_t>(value));
            }
        }
    }
    transformed = std::move(result);
    return {};
}

Status transform_range(CodeRange activations, WinogradRanges &transformed) {
    WinogradRanges result;
    for (int position = 0; position < winograd_positions; ++position) {
        const CodeRange range = range_at(activations, position / winograd_extent, position % winograd_extent);
        if (!fits_8_bits(range.low) || !fits_8_bits(range.high)) {
            return {ErrorCode::invalid_argument,
                    "activations: expected -128 to 127 after Winograd's transform, found " + std::to_string(range.low) +
                        " to " + std::to_string(range.high)};
        }
        result[static_cast<std::size_t>(position)] = range;
    }
    transformed = result;
    return {};
}

bool winograd_fits(const CodeWeights &weights, CodeRange activations, int bits) {
    if (!fits(WorstProducts(weights, activations), bits)) return false;
    CodeWeights transformed;
    WinogradRanges ranges;
    if (!transform_weights(weights, transformed).ok() || !transform_range(activations, ranges).ok()) return false;
    const std::vector<bool> safe =
        safe_taps(WorstProducts(transformed, ranges), identity_order(weights.in_channels), weights.in_channels, bits);
    for (std::size_t middle = 1; middle < 3; ++middle) {
        for (std::size_t x = 0; x < winograd_extent; ++x) {
            if (!safe[middle * winograd_extent + x]) return false;
        }
        WinogradRanges of_column{};
        for (std::size_t y = 0; y < 3; ++y) of_column[y * winograd_extent + middle] = range_in_x(activations, middle);
        if (!fits(WorstProducts(transformed_in_x(weights, middle), of_column), bits)) return false;
    }
    return true;
}

}  // namespace dsq
