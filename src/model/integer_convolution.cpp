#include "model/integer_convolution.h"

#include <algorithm>
#include <numeric>

#include "model/real_epilogue.h"

namespace dsq {
namespace {

// The codes that an output pixel sees, [ky][kx][channel].
using Window = std::vector<std::int16_t>;
// Of the output channels of a pixel.
using Accumulators = std::vector<std::int32_t>;

// The window that begins at (left, top).
void look_at(const Shape &shape,
             const std::vector<int> &padding,
             const std::vector<std::int8_t> &codes,
             int kernel,
             int left,
             int top,
             Window &window) {
    auto seen = window.begin();
    for (int y = top; y < top + kernel; ++y) {
        for (int x = left; x < left + kernel; ++x) {
            if (x >= 0 && x < shape.width && y >= 0 && y < shape.height) {
                const auto pixel = codes.begin() + static_cast<std::ptrdiff_t>(at(shape, 0, x, y));
                seen = std::copy_n(pixel, shape.channels, seen);
            } else {
                seen = std::copy_n(padding.begin(), shape.channels, seen);
            }
        }
    }
}

// With products of 16 bits, whose pairs processors add up in one instruction.
std::int32_t dot_product(const std::int16_t *a, const std::int16_t *b, std::size_t count) {
    std::int32_t sum = 0;
    for (std::size_t i = 0; i < count; ++i) sum += a[i] * b[i];
    return sum;
}

void accumulate(const ConvolutionNode &node,
                std::span<const std::int16_t> weights,
                const Window &window,
                Accumulators &accumulators) {
    const std::int32_t codes = std::accumulate(window.begin(), window.end(), std::int32_t{0});
    const std::int32_t offset = node.offset == 0 ? 0 : node.offset * codes;
    const std::int16_t *own = weights.data();
    for (std::int32_t &accumulator : accumulators) {
        accumulator = dot_product(own, window.data(), window.size()) * (1 << node.offset_shift) + offset;
        own += window.size();
    }
}

// Each channel by itself.
void accumulate_depthwise(const ConvolutionNode &node,
                          std::span<const std::int16_t> weights,
                          const Window &window,
                          Accumulators &accumulators) {
    const std::size_t channels = accumulators.size(), taps = window.size() / channels;
    for (std::size_t channel = 0; channel < channels; ++channel) {
        std::int32_t sum = 0, codes = 0;
        for (std::size_t tap = 0; tap < taps; ++tap) {
            const std::int32_t code = window[tap * channels + channel];
            sum += code * weights[channel * taps + tap];
            codes += code;
        }
        accumulators[channel] = sum * (1 << node.offset_shift) + (node.offset == 0 ? 0 : node.offset * codes);
    }
}

// `first` is the pixel's first element.
void finish(const ThresholdEpilogue &epilogue, Accumulators &accumulators, std::size_t first, ImageTensors &image) {
    const std::size_t channels = accumulators.size();
    if (!epilogue.flips.empty()) {
        for (std::size_t channel = 0; channel < channels; ++channel) accumulators[channel] ^= epilogue.flips[channel];
    }
    std::int8_t *codes = &codes_of(epilogue.codes, image)[first];
    std::fill_n(codes, channels, static_cast<std::int8_t>(epilogue.lowest));
    for (std::size_t level = 0; level < epilogue.thresholds.size(); level += channels) {
        const std::int32_t *thresholds = &epilogue.thresholds[level];
        for (std::size_t channel = 0; channel < channels; ++channel) {
            const int step = accumulators[channel] >= thresholds[channel] ? epilogue.distance : 0;
            codes[channel] = static_cast<std::int8_t>(codes[channel] + step);
        }
    }
}

void finish(const RealEpilogue &epilogue, const Accumulators &accumulators, std::size_t first, ImageTensors &image) {
    const float *residual = epilogue.residual == no_tensor_index ? nullptr : &reals_of(epilogue.residual, image)[first];
    float *reals = epilogue.output == no_tensor_index ? nullptr : &reals_of(epilogue.output, image)[first];
    std::int8_t *codes = epilogue.codes == no_tensor_index ? nullptr : &codes_of(epilogue.codes, image)[first];
    for (std::size_t channel = 0; channel < accumulators.size(); ++channel) {
        float value = scaled(epilogue, channel, accumulators[channel]);
        if (residual != nullptr) value = value + residual[channel];
        value = clamped(epilogue, value);
        if (reals != nullptr) reals[channel] = value;
        if (codes != nullptr) codes[channel] = static_cast<std::int8_t>(code_of(epilogue.grid, value));
    }
}

// Makes room for what the epilogue writes.
Shape make_outputs(const ThresholdEpilogue &epilogue, ImageTensors &image) {
    make_codes(epilogue.codes, image);
    return shape_of(epilogue.codes, image);
}
Shape make_outputs(const RealEpilogue &epilogue, ImageTensors &image) {
    if (epilogue.codes != no_tensor_index) make_codes(epilogue.codes, image);
    if (epilogue.output != no_tensor_index) make_reals(epilogue.output, image);
    return shape_of(epilogue.output != no_tensor_index ? epilogue.output : epilogue.codes, image);
}

}  // namespace

std::vector<std::int16_t> in_order_of_windows(const CodeWeights &weights) {
    std::vector<std::int16_t> ordered;
    ordered.reserve(weights.values.size());
    for (int out = 0; out < weights.out_channels; ++out) {
        for (int ky = 0; ky < weights.kernel; ++ky) {
            for (int kx = 0; kx < weights.kernel; ++kx) {
                for (int in = 0; in < weights.in_channels; ++in) ordered.push_back(weights.at(out, in, ky, kx));
            }
        }
    }
    return ordered;
}

void convolve(const ConvolutionNode &node, std::span<const std::int16_t> weights, ImageTensors &image) {
    const IntegerTensor &input = image.tensors[static_cast<std::size_t>(node.input)];
    const std::vector<std::int8_t> &codes = codes_of(node.input, image);
    const Shape in = node.flatten ? Shape{static_cast<int>(codes.size()), 1, 1} : input.shape;
    const Shape out = std::visit([&](const auto &epilogue) { return make_outputs(epilogue, image); }, node.epilogue);

    const int kernel = node.weights.kernel;
    Window window(static_cast<std::size_t>(kernel * kernel * in.channels));
    Accumulators accumulators(static_cast<std::size_t>(out.channels));
    const auto add_up = node.depthwise ? accumulate_depthwise : accumulate;
    for (int y = 0; y < out.height; ++y) {
        for (int x = 0; x < out.width; ++x) {
            const int left = x * node.stride - kernel / 2, top = y * node.stride - kernel / 2;
            look_at(in, input.padding, codes, kernel, left, top, window);
            add_up(node, weights, window, accumulators);
            const auto write = [&](const auto &epilogue) { finish(epilogue, accumulators, at(out, 0, x, y), image); };
            std::visit(write, node.epilogue);
        }
    }
}

}  // namespace dsq
