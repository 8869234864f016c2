/// A network as data: layers in the order in which they run, each named, with what it reads.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "dsq/quantizer.h"
#include "dsq/status.h"

namespace dsq {

/// What a layer computes. Its parameters, under its name in a model file: `weight` [out, in, ky, kx], as PyTorch has
/// it, and `bias` where it has one; batch_norm: `weight` (gamma), `bias` (beta), `running_mean`, `running_var`.
enum class Operation {
    input,             ///< the image; always the first layer, and no other
    conv2d,            ///< kernel, stride; padding is kernel / 2
    depthwise_conv2d,  ///< the same for each channel by itself; weight [channels, 1, ky, kx]
    linear,            ///< of the whole image as one vector; always has a bias; weight [out, in]
    batch_norm,        ///< momentum 0.1, batch_norm_epsilon
    relu,
    relu6,
    hardtanh,
    add,                  ///< of two layers
    shortcut,             ///< parameter-free (option A): every stride-th pixel, channels of zeros on both sides
    max_pool,             ///< kernel, stride, padding
    average_pool,         ///< kernel, stride, padding
    global_average_pool,  ///< to one pixel
};

/// Of a window: what a network may ask for.
constexpr int largest_kernel = 255;
/// Of a layer.
constexpr int most_channels = 65536;
/// Of a layer's output and of its weights: what kernels can index.
constexpr std::int64_t most_elements = std::numeric_limits<std::int32_t>::max();

/// Added to a variance, as in PyTorch.
constexpr double batch_norm_epsilon = 1e-5;

std::string_view name(Operation operation);

/// The extents of a layer's output.
struct Shape {
    int channels = 0;
    int width = 0;
    int height = 0;

    bool operator==(const Shape &) const = default;
};

struct Layer {
    std::string name;
    Operation operation = Operation::input;
    std::vector<int> inputs = {};  ///< indices of layers before this one
    int channels = 0;              ///< of the output: conv2d, linear, shortcut; others keep those of their input
    int kernel = 1;                ///< extent of the window
    int stride = 1;
    int padding = 0;  ///< max_pool, average_pool

    /// Of conv2d, depthwise_conv2d, linear: Method::none for float.
    Quantizer weight_quantizer{.method = Method::none, .operand = Operand::weights};
    Quantizer input_quantizer{.method = Method::none, .operand = Operand::activations};
};

bool has_weights(Operation operation);
bool is_quantized(const Quantizer &quantizer);

struct Network {
    std::string name;         ///< "resnet20"
    Shape input;              ///< of an image
    std::vector<float> mean;  ///< one a channel: the network reads (pixel / 255 - mean) / deviation
    std::vector<float> deviation;
    std::vector<Layer> layers;  ///< the last gives the logits
};

/// Checks the layers and computes the shape of each. Error: invalid_argument, with a message that names the layer, the
/// field, what was expected and what was found.
Status infer_shapes(const Network &network, std::vector<Shape> &shapes);

/// The multiplications of one image in convolutions and fully connected layers.
double count_macs(const Network &network, const std::vector<Shape> &shapes);

}  // namespace dsq
