#include "model/integer_nodes.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <type_traits>

#include "model/integer_convolution.h"

namespace dsq {
namespace {

// min and max that give `bound` for a NaN in x.
float at_least(float x, float bound) {
    return x > bound ? x : bound;
}
float at_most(float x, float bound) {
    return x < bound ? x : bound;
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

std::vector<std::int16_t> ordered_weights(const IntegerNode &node) {
    const auto *convolution = std::get_if<ConvolutionNode>(&node.operation);
    return convolution == nullptr ? std::vector<std::int16_t>() : in_order_of_windows(convolution->weights);
}

void evaluate(const IntegerNode &node, std::span<const std::int16_t> weights, ImageTensors &image) {
    const auto compute_any = [&]<typename Operation>(const Operation &operation) {
        if constexpr (std::is_same_v<Operation, ConvolutionNode>) {
            convolve(operation, weights, image);
        } else {
            compute(operation, image);
        }
    };
    std::visit(compute_any, node.operation);
}

void evaluate(const IntegerNode &node, ImageTensors &image) {
    evaluate(node, ordered_weights(node), image);
}

}  // namespace dsq
