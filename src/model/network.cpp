#include "model/network.h"

#include <array>
#include <set>

namespace dsq {
namespace {

constexpr std::array<std::string_view, 13> operation_names{"input",
                                                           "conv2d",
                                                           "depthwise_conv2d",
                                                           "linear",
                                                           "batch_norm",
                                                           "relu",
                                                           "relu6",
                                                           "hardtanh",
                                                           "add",
                                                           "shortcut",
                                                           "max_pool",
                                                           "average_pool",
                                                           "global_average_pool"};

Status wrong(const Layer &layer, const std::string &what, const std::string &expected, const std::string &found) {
    return {ErrorCode::invalid_argument,
            "layer " + layer.name + " (" + std::string(name(layer.operation)) + "): " + what + ": expected " +
                expected + ", found " + found};
}

std::string text(const Shape &shape) {
    return std::to_string(shape.channels) + "x" + std::to_string(shape.width) + "x" + std::to_string(shape.height);
}

Status check_positive(const Layer &layer, const char *what, int value) {
    return value >= 1 ? Status() : wrong(layer, what, "at least 1", std::to_string(value));
}

Status check_inputs(const Layer &layer, int index) {
    const std::size_t expected = layer.operation == Operation::input ? 0 : layer.operation == Operation::add ? 2 : 1;
    if (layer.inputs.size() != expected) {
        return wrong(layer, "inputs", std::to_string(expected), std::to_string(layer.inputs.size()));
    }
    for (const int input : layer.inputs) {
        if (input < 0 || input >= index) {
            return wrong(layer, "inputs", "layers before it, 0 to " + std::to_string(index - 1), std::to_string(input));
        }
    }
    if ((layer.operation == Operation::input) != (index == 0)) {
        return wrong(layer, "position", "input first, and only there", std::to_string(index));
    }
    return {};
}

Status check_numbers(const Layer &layer) {
    if (layer.kernel < 1 || layer.kernel > largest_kernel) {
        return wrong(layer, "kernel", "1 to " + std::to_string(largest_kernel), std::to_string(layer.kernel));
    }
    if (Status status = check_positive(layer, "stride", layer.stride); !status.ok()) return status;
    const bool sets_channels = layer.operation == Operation::conv2d || layer.operation == Operation::linear ||
                               layer.operation == Operation::shortcut;
    if (sets_channels) {
        if (layer.channels < 1 || layer.channels > most_channels) {
            return wrong(layer, "channels", "1 to " + std::to_string(most_channels), std::to_string(layer.channels));
        }
    }
    if (layer.padding < 0 || layer.padding > layer.kernel / 2) {
        return wrong(layer, "padding", "0 to half the kernel", std::to_string(layer.padding));
    }
    return {};
}

// Of a convolution and of a shortcut: rounded up.
int strided(std::int64_t extent, int stride) {
    return static_cast<int>((extent + stride - 1) / stride);
}

// 0 where not even one window fits.
int pooled(std::int64_t extent, const Layer &layer) {
    const std::int64_t last = extent + 2 * std::int64_t{layer.padding} - layer.kernel;
    return last < 0 ? 0 : static_cast<int>(last / layer.stride + 1);
}

Shape output_shape(const Layer &layer, const Shape &in) {
    switch (layer.operation) {
        case Operation::conv2d:
        case Operation::shortcut:
            return {layer.channels, strided(in.width, layer.stride), strided(in.height, layer.stride)};
        case Operation::depthwise_conv2d:
            return {in.channels, strided(in.width, layer.stride), strided(in.height, layer.stride)};
        case Operation::linear:
            return {layer.channels, 1, 1};
        case Operation::max_pool:
        case Operation::average_pool:
            return {in.channels, pooled(in.width, layer), pooled(in.height, layer)};
        case Operation::global_average_pool:
            return {in.channels, 1, 1};
        default:
            return in;
    }
}

Status check_size(const Layer &layer, const char *what, const Shape &shape) {
    if (std::int64_t{shape.width} * shape.height <= most_elements / shape.channels) return {};
    return wrong(layer, what, "at most " + std::to_string(most_elements) + " elements", text(shape));
}

Status check_input(const Layer &layer, const Shape &shape) {
    if (shape.channels < 1 || shape.channels > most_channels || shape.width < 1 || shape.height < 1) {
        return wrong(layer, "output", "1 to " + std::to_string(most_channels) + " channels of pixels", text(shape));
    }
    return check_size(layer, "output", shape);
}

// Weights are the tensor that a layer's numbers alone make large.
Status check_weights(const Layer &layer, const Shape &in, const Shape &out) {
    if (!has_weights(layer.operation)) return {};
    const bool is_linear = layer.operation == Operation::linear;
    const int in_channels = layer.operation == Operation::depthwise_conv2d ? 1 : in.channels;
    const Shape window = is_linear ? in : Shape{in_channels, layer.kernel, layer.kernel};
    const std::int64_t of_channel = std::int64_t{window.channels} * window.width * window.height;
    if (of_channel <= most_elements / out.channels) return {};
    return wrong(layer,
                 "weights",
                 "at most " + std::to_string(most_elements) + " elements",
                 std::to_string(out.channels) + " times " + text(window));
}

Status check_shapes(const Layer &layer, const Shape &in, const Shape &out, const Shape *second) {
    if (second != nullptr && !(*second == in))
        return wrong(layer, "inputs", "equal shapes, " + text(in), text(*second));
    if (out.width < 1 || out.height < 1) {
        return wrong(layer, "input", "at least " + std::to_string(layer.kernel) + " pixels each way", text(in));
    }
    if (Status status = check_size(layer, "output", out); !status.ok()) return status;
    if (Status status = check_weights(layer, in, out); !status.ok()) return status;
    const bool widens = out.channels >= in.channels && (out.channels - in.channels) % 2 == 0;
    if (layer.operation == Operation::shortcut && !widens) {
        return wrong(
            layer, "channels", std::to_string(in.channels) + " and an even number more", std::to_string(out.channels));
    }
    return {};
}

}  // namespace

std::string_view name(Operation operation) {
    return operation_names.at(static_cast<std::size_t>(operation));
}

bool has_weights(Operation operation) {
    return operation == Operation::conv2d || operation == Operation::depthwise_conv2d || operation == Operation::linear;
}

bool is_quantized(const Quantizer &quantizer) {
    return quantizer.method != Method::none;
}

Status infer_shapes(const Network &network, std::vector<Shape> &shapes) {
    std::vector<Shape> inferred;
    std::set<std::string_view> names;
    for (const Layer &layer : network.layers) {
        const int index = static_cast<int>(inferred.size());
        if (!names.insert(layer.name).second) return wrong(layer, "name", "one of its own", layer.name);
        if (Status status = check_inputs(layer, index); !status.ok()) return status;
        if (Status status = check_numbers(layer); !status.ok()) return status;
        if (index == 0) {
            if (Status status = check_input(layer, network.input); !status.ok()) return status;
            inferred.push_back(network.input);
            continue;
        }
        const Shape &in = inferred[static_cast<std::size_t>(layer.inputs[0])];
        const Shape out = output_shape(layer, in);
        const Shape *second = layer.inputs.size() > 1 ? &inferred[static_cast<std::size_t>(layer.inputs[1])] : nullptr;
        if (Status status = check_shapes(layer, in, out, second); !status.ok()) return status;
        inferred.push_back(out);
    }
    if (inferred.size() < 2) {
        return {ErrorCode::invalid_argument,
                "network " + network.name + ": expected layers after the input, found none"};
    }
    shapes = std::move(inferred);
    return {};
}

double count_macs(const Network &network, const std::vector<Shape> &shapes) {
    double macs = 0;
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        const Layer &layer = network.layers[i];
        if (!has_weights(layer.operation)) continue;
        const Shape &in = shapes[static_cast<std::size_t>(layer.inputs[0])], &out = shapes[i];
        const double outputs = double(out.channels) * out.width * out.height;
        const double window = double(layer.kernel) * layer.kernel;
        switch (layer.operation) {
            case Operation::conv2d:
                macs += outputs * in.channels * window;
                break;
            case Operation::depthwise_conv2d:
                macs += outputs * window;
                break;
            default:
                macs += outputs * in.channels * in.width * in.height;
        }
    }
    return macs;
}

}  // namespace dsq
