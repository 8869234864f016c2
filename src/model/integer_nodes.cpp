#include "model/integer_nodes.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>

#include "model/real_epilogue.h"

namespace dsq {
namespace {

// min and max that give `bound` for a NaN in x.
float at_least(float x, float bound) {
    return x > bound ? x : bound;
}
float at_most(float x, float bound) {
    return x < bound ? x : bound;
}

std::size_t at(const Shape &shape, int channel, int x, int y) {
    const std::ptrdiff_t pixel = std::ptrdiff_t{y} * shape.width + x;
    return static_cast<std::size_t>(pixel * shape.channels + channel);
}

std::vector<std::int8_t> &make_codes(int tensor, ImageTensors &image) {
    const auto index = static_cast<std::size_t>(tensor);
    image.values[index].codes.resize(element_count(image.tensors[index].shape));
    return image.values[index].codes;
}

std::vector<float> &make_reals(int tensor, ImageTensors &image) {
    const auto index = static_cast<std::size_t>(tensor);
    image.values[index].reals.resize(element_count(image.tensors[index].shape));
    return image.values[index].reals;
}

const Shape &shape_of(int tensor, const ImageTensors &image) {
    return image.tensors[static_cast<std::size_t>(tensor)].shape;
}
const std::vector<std::int8_t> &codes_of(int tensor, const ImageTensors &image) {
    return image.values[static_cast<std::size_t>(tensor)].codes;
}
const std::vector<float> &reals_of(int tensor, const ImageTensors &image) {
    return image.values[static_cast<std::size_t>(tensor)].reals;
}

void compute(const InputNode &node, ImageTensors &image) {
    std::vector<std::int8_t> &codes = make_codes(node.codes, image);
    const auto channels = static_cast<std::size_t>(shape_of(node.codes, image).channels);
    const std::size_t pixel_channels = channels - (node.marks_outside ? 1 : 0);
    for (std::size_t i = 0; i < codes.size(); ++i) {
        const std::size_t pixel = i / channels * pixel_channels + i % channels;
        codes[i] = static_cast<std::int8_t>(i % channels < pixel_channels ? image.pixels[pixel] - 128 : 0);
    }
}

// [out][ky][kx][in]: the order of a window.
std::vector<std::int16_t> in_order_of_windows(const CodeWeights &weights) {
    std::vector<std::int16_t> ordered;
    for (int out = 0; out < weights.out_channels; ++out) {
        for (int ky = 0; ky < weights.kernel; ++ky) {
            for (int kx = 0; kx < weights.kernel; ++kx) {
                for (int in = 0; in < weights.in_channels; ++in) ordered.push_back(weights.at(out, in, ky, kx));
            }
        }
    }
    return ordered;
}

// The codes that an output sees, [ky][kx][channel], of the window that begins at (left, top).
using Window = std::vector<std::int16_t>;

void look_at(
    const IntegerTensor &tensor, const std::vector<std::int8_t> &codes, int kernel, int left, int top, Window &window) {
    window.clear();
    const Shape &shape = tensor.shape;
    for (int y = top; y < top + kernel; ++y) {
        for (int x = left; x < left + kernel; ++x) {
            if (x >= 0 && x < shape.width && y >= 0 && y < shape.height) {
                const auto pixel = codes.begin() + static_cast<std::ptrdiff_t>(at(shape, 0, x, y));
                window.insert(window.end(), pixel, pixel + shape.channels);
            } else {
                window.insert(window.end(), tensor.padding.begin(), tensor.padding.end());
            }
        }
    }
}

// What a channel sees of it where each is convolved by itself.
Window of_channel(const Window &window, int channel, int channels) {
    Window own;
    for (int i = channel; i < static_cast<int>(window.size()); i += channels) {
        own.push_back(window[static_cast<std::size_t>(i)]);
    }
    return own;
}

std::int32_t accumulate(const ConvolutionNode &node, const std::int16_t *weights, const Window &window) {
    const std::int32_t sum = std::inner_product(window.begin(), window.end(), weights, std::int32_t{0});
    if (node.offset == 0) return sum * (1 << node.offset_shift);
    return sum * (1 << node.offset_shift) +
           node.offset * std::accumulate(window.begin(), window.end(), std::int32_t{0});
}

void finish(const ThresholdEpilogue &epilogue,
            std::int32_t accumulator,
            int channel,
            std::size_t element,
            ImageTensors &image) {
    const auto channels = static_cast<std::size_t>(shape_of(epilogue.codes, image).channels);
    const auto own = static_cast<std::size_t>(channel);
    const std::int32_t compared = epilogue.flips.empty() ? accumulator : accumulator ^ epilogue.flips[own];
    int code = epilogue.lowest;
    for (std::size_t threshold = own; threshold < epilogue.thresholds.size(); threshold += channels) {
        if (compared >= epilogue.thresholds[threshold]) code += epilogue.distance;
    }
    image.values[static_cast<std::size_t>(epilogue.codes)].codes[element] = static_cast<std::int8_t>(code);
}

void finish(
    const RealEpilogue &epilogue, std::int32_t accumulator, int channel, std::size_t element, ImageTensors &image) {
    const auto own = static_cast<std::size_t>(channel);
    float value = scaled(epilogue, own, accumulator);
    if (epilogue.residual != no_tensor_index) value = value + reals_of(epilogue.residual, image)[element];
    value = clamped(epilogue, value);
    if (epilogue.output != no_tensor_index) {
        image.values[static_cast<std::size_t>(epilogue.output)].reals[element] = value;
    }
    if (epilogue.codes != no_tensor_index) {
        const int code = code_of(epilogue.grid, value);
        image.values[static_cast<std::size_t>(epilogue.codes)].codes[element] = static_cast<std::int8_t>(code);
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

void compute(const ConvolutionNode &node, ImageTensors &image) {
    IntegerTensor input = image.tensors[static_cast<std::size_t>(node.input)];
    const std::vector<std::int8_t> &codes = codes_of(node.input, image);
    if (node.flatten) input.shape = {static_cast<int>(codes.size()), 1, 1};
    const Shape out = std::visit([&](const auto &epilogue) { return make_outputs(epilogue, image); }, node.epilogue);

    const int kernel = node.weights.kernel;
    const std::vector<std::int16_t> weights = in_order_of_windows(node.weights);
    const std::size_t weights_of_channel = weights.size() / static_cast<std::size_t>(out.channels);
    Window window;
    for (int y = 0; y < out.height; ++y) {
        for (int x = 0; x < out.width; ++x) {
            look_at(input, codes, kernel, x * node.stride - kernel / 2, y * node.stride - kernel / 2, window);
            for (int channel = 0; channel < out.channels; ++channel) {
                const std::int16_t *own = &weights[static_cast<std::size_t>(channel) * weights_of_channel];
                const std::int32_t accumulator =
                    node.depthwise ? accumulate(node, own, of_channel(window, channel, input.shape.channels))
                                   : accumulate(node, own, window);
                const auto write = [&](const auto &epilogue) {
                    finish(epilogue, accumulator, channel, at(out, channel, x, y), image);
                };
                std::visit(write, node.epilogue);
            }
        }
    }
}

void compute(const QuantizeNode &node, ImageTensors &image) {
    std::ranges::transform(reals_of(node.input, image), make_codes(node.codes, image).begin(), [&](float x) {
        return static_cast<std::int8_t>(code_of(node.grid, x));
    });
}

void compute(const ShortcutNode &node, ImageTensors &image) {
    const Shape &in = shape_of(node.input, image), &out = shape_of(node.output, image);
    const std::vector<float> &from = reals_of(node.input, image);
    std::vector<float> &to = make_reals(node.output, image);
    std::ranges::fill(to, 0.0F);
    for (int y = 0; y < out.height; ++y) {
        for (int x = 0; x < out.width; ++x) {
            for (int channel = 0; channel < in.channels; ++channel) {
                to[at(out, (out.channels - in.channels) / 2 + channel, x, y)] =
                    from[at(in, channel, x * node.stride, y * node.stride)];
            }
        }
    }
}

// No element lies beyond these.
template <typename Element>
constexpr Element highest = std::numeric_limits<Element>::max();
template <>
constexpr float highest<float> = std::numeric_limits<float>::infinity();
template <typename Element>
constexpr Element lowest = std::numeric_limits<Element>::lowest();
template <>
constexpr float lowest<float> = -highest<float>;

// Of each window the largest element, or the least of channels with a flip; a NaN is neither.
template <typename Element>
void pool(const MaxPoolNode &node,
          const Shape &in,
          const Shape &out,
          const std::vector<Element> &from,
          std::vector<Element> &to) {
    for (int y = 0; y < out.height; ++y) {
        for (int x = 0; x < out.width; ++x) {
            const int left = x * node.stride - node.padding, top = y * node.stride - node.padding;
            for (int channel = 0; channel < out.channels; ++channel) {
                const bool least = !node.flips.empty() && node.flips[static_cast<std::size_t>(channel)] != 0;
                Element best = least ? highest<Element> : lowest<Element>;
                for (int v = std::max(top, 0); v < std::min(top + node.kernel, in.height); ++v) {
                    for (int u = std::max(left, 0); u < std::min(left + node.kernel, in.width); ++u) {
                        const Element element = from[at(in, channel, u, v)];
                        if (least ? element < best : element > best) best = element;
                    }
                }
                to[at(out, channel, x, y)] = best;
            }
        }
    }
}

void compute(const MaxPoolNode &node, ImageTensors &image) {
    const Shape &in = shape_of(node.input, image), &out = shape_of(node.output, image);
    if (image.tensors[static_cast<std::size_t>(node.input)].is_codes) {
        pool(node, in, out, codes_of(node.input, image), make_codes(node.output, image));
    } else {
        pool(node, in, out, reals_of(node.input, image), make_reals(node.output, image));
    }
}

void compute(const GlobalAveragePoolNode &node, ImageTensors &image) {
    const Shape &in = shape_of(node.input, image);
    const std::vector<float> &from = reals_of(node.input, image);
    std::vector<float> &to = make_reals(node.output, image);
    for (int channel = 0; channel < in.channels; ++channel) {
        float sum = 0.0F;
        for (int y = 0; y < in.height; ++y) {
            for (int x = 0; x < in.width; ++x) sum = sum + from[at(in, channel, x, y)];
        }
        to[static_cast<std::size_t>(channel)] = sum / static_cast<float>(in.width * in.height);
    }
}

void compute(const LinearNode &node, ImageTensors &image) {
    const std::vector<float> &from = reals_of(node.input, image);
    std::vector<float> &to = make_reals(node.output, image);
    float largest = 0.0F;
    for (const float x : from) largest = at_least(std::fabs(x), largest);
    const auto levels = static_cast<float>((1 << (node.activation_bits - 1)) - 1);
    const float inverse_step = largest > 0.0F ? levels / largest : 0.0F, step = largest / levels;

    std::vector<std::int32_t> codes;
    for (const float x : from) {
        const float position = x * inverse_step;
        codes.push_back(static_cast<std::int32_t>(at_most(at_least(std::floor(position + 0.5F), -levels), levels)));
    }
    for (std::size_t out = 0; out < to.size(); ++out) {
        const std::int8_t *weights = &node.weights[out * from.size()];
        const std::int32_t sum = std::inner_product(codes.begin(), codes.end(), weights, std::int32_t{0});
        const float product = static_cast<float>(sum) * node.scale[out];
        const float scaled = product * step;
        to[out] = scaled + node.bias[out];
    }
}

}  // namespace

std::uint8_t pixel_of(float x) {
    return static_cast<std::uint8_t>(at_most(at_least(x * 255.0F, 0.0F), 255.0F) + 0.5F);
}

void evaluate(const IntegerNode &node, ImageTensors &image) {
    std::visit([&](const auto &operation) { compute(operation, image); }, node.operation);
}

}  // namespace dsq
