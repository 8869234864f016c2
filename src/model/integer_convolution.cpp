#include "model/integer_convolution.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "model/real_epilogue.h"

// For functions of integers, which any instructions compute alike: compiled twice, chosen when the program starts.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define DSQ_ALSO_FOR_AVX2 __attribute__((target_clones("avx2", "default")))
#else
#define DSQ_ALSO_FOR_AVX2
#endif

namespace dsq {
namespace {

// What an output pixel sees and what becomes of it.
struct Pixel {
    std::vector<std::int16_t> window;        // codes, [ky][kx][channel]
    std::vector<std::int32_t> accumulators;  // of each output channel
    std::vector<float> reals;
};

// The codes of an image with padding around it.
class BorderedImage {
public:
    BorderedImage(const Shape &shape,
                  const std::vector<std::int8_t> &codes,
                  const std::vector<int> &padding,
                  int border)
        : row_(std::size_t(shape.width + 2 * border) * std::size_t(shape.channels)),
          channels_(static_cast<std::size_t>(shape.channels)) {
        const std::size_t around = static_cast<std::size_t>(border) * channels_;
        codes_.resize(row_ * std::size_t(shape.height + 2 * border));
        if (border > 0) {
            for (auto to = codes_.begin(); to != codes_.end();) to = std::ranges::copy(padding, to).out;
        }
        for (int y = 0; y < shape.height; ++y) {
            const auto row = codes.begin() + static_cast<std::ptrdiff_t>(at(shape, 0, 0, y));
            const auto to = codes_.begin() + static_cast<std::ptrdiff_t>(std::size_t(y + border) * row_ + around);
            std::copy_n(row, shape.width * shape.channels, to);
        }
    }

    // The window that begins at (left, top).
    void look_at(int left, int top, int kernel, std::vector<std::int16_t> &window) const {
        const std::size_t count = static_cast<std::size_t>(kernel) * channels_;
        auto to = window.begin();
        for (int y = top; y < top + kernel; ++y) {
            to = std::copy_n(&codes_[std::size_t(y) * row_ + std::size_t(left) * channels_], count, to);
        }
    }

private:
    std::size_t row_, channels_;
    std::vector<std::int16_t> codes_;
};

// Of a window with the weights of some channels in order. Both have 16 bits: processors multiply and add up pairs of
// them in one instruction.
template <std::size_t channels>
[[gnu::always_inline]] inline std::array<std::int32_t, channels> dot_products(const std::int16_t *weights,
                                                                              const std::int16_t *window,
                                                                              std::size_t count) {
    std::array<std::int32_t, channels> sums{};
    for (std::size_t i = 0; i < count; ++i) {
        for (std::size_t channel = 0; channel < channels; ++channel) {
            sums[channel] += weights[channel * count + i] * window[i];
        }
    }
    return sums;
}

DSQ_ALSO_FOR_AVX2 void accumulate(const ConvolutionNode &node, std::span<const std::int16_t> weights, Pixel &pixel) {
    const std::size_t count = pixel.window.size(), channels = pixel.accumulators.size();
    constexpr std::size_t at_once = 4;
    std::size_t channel = 0;
    for (; channel + at_once <= channels; channel += at_once) {
        std::ranges::copy(dot_products<at_once>(&weights[channel * count], pixel.window.data(), count),
                          &pixel.accumulators[channel]);
    }
    for (; channel < channels; ++channel) {
        pixel.accumulators[channel] = dot_products<1>(&weights[channel * count], pixel.window.data(), count)[0];
    }
    const std::int32_t codes = std::accumulate(pixel.window.begin(), pixel.window.end(), std::int32_t{0});
    const std::int32_t offset = node.offset == 0 ? 0 : node.offset * codes;
    for (std::int32_t &accumulator : pixel.accumulators) accumulator = accumulator * (1 << node.offset_shift) + offset;
}

// Each channel by itself.
void accumulate_depthwise(const ConvolutionNode &node, std::span<const std::int16_t> weights, Pixel &pixel) {
    const std::size_t channels = pixel.accumulators.size(), taps = pixel.window.size() / channels;
    for (std::size_t channel = 0; channel < channels; ++channel) {
        std::int32_t sum = 0, codes = 0;
        for (std::size_t tap = 0; tap < taps; ++tap) {
            const std::int32_t code = pixel.window[tap * channels + channel];
            sum += code * weights[channel * taps + tap];
            codes += code;
        }
        pixel.accumulators[channel] = sum * (1 << node.offset_shift) + (node.offset == 0 ? 0 : node.offset * codes);
    }
}

// `first` is the pixel's first element in what is written. Loops over channels are short of what may be elsewhere in
// memory: compilers make vectors of them.
void finish(const ThresholdEpilogue &epilogue, Pixel &pixel, std::size_t first, ImageTensors &image) {
    const std::size_t channels = pixel.accumulators.size();
    std::int32_t *accumulators = pixel.accumulators.data();
    if (!epilogue.flips.empty()) {
        for (std::size_t channel = 0; channel < channels; ++channel) accumulators[channel] ^= epilogue.flips[channel];
    }
    std::int8_t *codes = &codes_of(epilogue.codes, image)[first];
    std::fill_n(codes, channels, static_cast<std::int8_t>(epilogue.lowest));
    const int distance = epilogue.distance;
    for (std::size_t level = 0; level < epilogue.thresholds.size(); level += channels) {
        const std::int32_t *thresholds = &epilogue.thresholds[level];
        for (std::size_t channel = 0; channel < channels; ++channel) {
            const int step = accumulators[channel] >= thresholds[channel] ? distance : 0;
            codes[channel] = static_cast<std::int8_t>(codes[channel] + step);
        }
    }
}

void finish(const RealEpilogue &epilogue, Pixel &pixel, std::size_t first, ImageTensors &image) {
    const std::size_t channels = pixel.accumulators.size();
    float *reals = pixel.reals.data();
    for (std::size_t channel = 0; channel < channels; ++channel) {
        reals[channel] = scaled(epilogue, channel, pixel.accumulators[channel]);
    }
    if (epilogue.residual != no_tensor_index) {
        const float *residual = &reals_of(epilogue.residual, image)[first];
        for (std::size_t channel = 0; channel < channels; ++channel)
            reals[channel] = reals[channel] + residual[channel];
    }
    const float lower = epilogue.clamp_lower, upper = epilogue.clamp_upper;
    for (std::size_t channel = 0; channel < channels; ++channel) reals[channel] = clamped(reals[channel], lower, upper);
    if (epilogue.output != no_tensor_index) {
        std::copy_n(reals, channels, &reals_of(epilogue.output, image)[first]);
    }
    if (epilogue.codes != no_tensor_index) {
        const CodeGrid grid = epilogue.grid;
        std::int8_t *codes = &codes_of(epilogue.codes, image)[first];
        for (std::size_t channel = 0; channel < channels; ++channel) {
            codes[channel] = static_cast<std::int8_t>(code_of(grid, reals[channel]));
        }
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
    const auto channels = static_cast<std::size_t>(out.channels);
    const BorderedImage bordered(in, codes, input.padding, kernel / 2);
    Pixel pixel{std::vector<std::int16_t>(std::size_t(kernel * kernel) * std::size_t(in.channels)),
                std::vector<std::int32_t>(channels),
                std::vector<float>(channels)};
    const auto add_up = node.depthwise ? accumulate_depthwise : accumulate;
    for (int y = 0; y < out.height; ++y) {
        for (int x = 0; x < out.width; ++x) {
            bordered.look_at(x * node.stride, y * node.stride, kernel, pixel.window);
            add_up(node, weights, pixel);
            const auto write = [&](const auto &epilogue) { finish(epilogue, pixel, at(out, 0, x, y), image); };
            std::visit(write, node.epilogue);
        }
    }
}

}  // namespace dsq
