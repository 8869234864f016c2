#include "compile/lower.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "compile/layer_group.h"
#include "compile/lower_convolution.h"
#include "compile/lower_linear.h"
#include "compile/pixel_layer.h"

namespace dsq {
namespace {

constexpr int pixel_levels = 255;
// Of layers that were trained in float32. The first is at the begin of all: 8 bits would change codes everywhere behind
// it.
constexpr int bits_of_pixel_weights = 16, bits_of_float_weights = 8;
constexpr const char *unpooled = ".unpooled";  // what goes into a pool that stood before the batch normalization

class Lowering {
public:
    explicit Lowering(const Model &model) : network_(model.network), trained_(model) {
    }

    Status run(IntegerGraph &graph) {
        Status status = infer_shapes(network_, shapes_);
        if (!status.ok()) return status;
        readers_ = live_readers(network_);
        const std::size_t count = network_.layers.size();
        reals_.assign(count, no_tensor_index);
        codes_.assign(count, no_tensor_index);
        is_done_.assign(count, false);
        graph_ = {.name = network_.name, .input = network_.input};
        for (std::size_t i = 0; i < count && status.ok(); ++i) {
            if (!is_done_[i] && (!readers_[i].empty() || i + 1 == count)) status = lower_layer(static_cast<int>(i));
            if (!status.ok()) return {status.code(), where(static_cast<int>(i)) + status.message()};
        }
        graph_.logits = reals_.back();
        graph = std::move(graph_);
        return {};
    }

private:
    static std::size_t index(int i) {
        return static_cast<std::size_t>(i);
    }
    const Layer &layer(int i) const {
        return network_.layers[index(i)];
    }
    const Shape &input_shape(int i) const {
        return shapes_[index(layer(i).inputs[0])];
    }
    std::string where(int i) const {
        return "network " + network_.name + ", layer " + layer(i).name + " (" + std::string(name(layer(i).operation)) +
               "): ";
    }
    static Status unsupported(const std::string &expected, const std::string &found) {
        return {ErrorCode::invalid_argument, "expected " + expected + ", found " + found};
    }
    bool reads_codes(int i) const {
        return has_weights(layer(i).operation) && is_quantized(layer(i).input_quantizer);
    }
    bool reads_pixels(int i) const {
        return layer(i).inputs[0] == 0;
    }

    Status lower_layer(int i) {
        switch (layer(i).operation) {
            case Operation::input:
                return lower_input(i);
            case Operation::conv2d:
            case Operation::depthwise_conv2d:
                return lower_group(i);
            case Operation::linear:
                return lower_linear(i);
            case Operation::shortcut:
                return lower_real(i, [&](int input, int output) {
                    return ShortcutNode{.input = input, .output = output, .stride = layer(i).stride};
                });
            case Operation::max_pool:
                return lower_real(i, [&](int input, int output) { return pool_node(i, input, output); });
            case Operation::global_average_pool:
                return lower_real(
                    i, [&](int input, int output) { return GlobalAveragePoolNode{.input = input, .output = output}; });
            case Operation::average_pool:
                return unsupported("max_pool or global_average_pool", "a pooling that has no integer form");
            default:
                return unsupported("a convolution before it that it is the only reader of", "none");
        }
    }

    int add_tensor(IntegerTensor tensor) {
        graph_.tensors.push_back(std::move(tensor));
        return static_cast<int>(graph_.tensors.size()) - 1;
    }
    int add_real(int i, const Shape &shape) {
        return add_tensor({.name = layer(i).name, .shape = shape});
    }
    // What `reader` reads of an image of this shape.
    int add_codes(int reader, const Shape &shape, const CodeGrid &grid) {
        return add_tensor({.name = layer(reader).name + ".input",
                           .shape = shape,
                           .is_codes = true,
                           .range = grid.range(),
                           .distance = grid.distance,
                           .padding = std::vector<int>(index(shape.channels), code_of(grid, 0.0F))});
    }
    void add_node(int i, IntegerOperation operation) {
        graph_.nodes.push_back({layer(i).name, std::move(operation)});
    }
    Status input_grid(int reader, CodeGrid &grid) const {
        Quantizer quantizer;
        Status status = trained_.quantizer(layer(reader), Operand::activations, quantizer);
        if (status.ok()) grid = code_grid(quantizer);
        return status;
    }

    // The image as pixels, for its one reader.
    Status lower_input(int i) {
        const std::vector<int> &readers = readers_[index(i)];
        if (readers.size() != 1) {
            return unsupported("one reader, a conv2d", std::to_string(readers.size()));
        }
        if (layer(readers[0]).operation != Operation::conv2d) {
            const Layer &found = layer(readers[0]);
            return unsupported("one reader, a conv2d", found.name + " (" + std::string(name(found.operation)) + ")");
        }
        const int reader = readers.front();
        IntegerTensor tensor{.name = layer(i).name, .shape = shapes_[index(i)], .is_codes = true, .range = pixel_range};
        if (reads_codes(reader)) {
            CodeGrid grid;
            if (Status status = input_grid(reader, grid); !status.ok()) return status;
            const bool of_pixels = grid.levels == pixel_levels && grid.lower == 0.0F &&
                                   grid.step == static_cast<float>(1.0 / pixel_levels) && is_normalized_to_pixels();
            if (!of_pixels) {
                return unsupported("a first layer that reads floats or pixels (8 bits from 0 to 1, no normalization)",
                                   "a quantizer of " + std::to_string(layer(reader).input_quantizer.bits) + " bits");
            }
            tensor.padding.assign(index(tensor.shape.channels), pixel_range.low);
        } else {
            tensor.padding = pixel_padding(network_);
            ++tensor.shape.channels;
        }
        codes_[index(reader)] = add_tensor(std::move(tensor));
        add_node(i, InputNode{.codes = codes_[index(reader)], .marks_outside = !reads_codes(reader)});
        return {};
    }
    bool is_normalized_to_pixels() const {
        const auto all = [](const std::vector<float> &values, float value) {
            return std::all_of(values.begin(), values.end(), [=](float x) { return x == value; });
        };
        return all(network_.mean, 0.0F) && all(network_.deviation, 1.0F);
    }

    // What the integers that a layer reads stand for, `repeats` times all channels.
    Status operand_values(int i, int repeats, OperandValues &values) const {
        if (!reads_codes(i) && !reads_pixels(i)) {
            return unsupported("a quantizer of its input, unless it is the first or the last", "none");
        }
        if (!reads_codes(i)) {
            values = pixel_values(network_);
            return {};
        }
        CodeGrid grid;
        if (Status status = input_grid(i, grid); !status.ok()) return status;
        values = {.scale = grid.scale(), .range = grid.range()};
        values.base.assign(index(input_shape(i).channels * repeats), grid.base());
        return {};
    }

    // `in` of them for each output channel.
    Status integer_weights(int i, std::size_t out, std::size_t in, IntegerWeights &weights) const {
        if (reads_codes(i) && is_quantized(layer(i).weight_quantizer)) {
            return trained_.grid_weights(layer(i), out, out * in, weights);
        }
        std::vector<float> real;
        if (Status status = trained_.real_weights(layer(i), out * in, real); !status.ok()) return status;
        if (reads_pixels(i) && !reads_codes(i)) {
            const std::size_t window = in / network_.mean.size();
            weights = scaled_to_bits(pixel_weights(network_, real, window), out, bits_of_pixel_weights);
        } else {
            weights = scaled_to_bits(std::vector<double>(real.begin(), real.end()), out, bits_of_float_weights);
        }
        return {};
    }

    Status lower_group(int i) {
        const LayerGroup group =
            group_of(network_, readers_, i, [&](int other) { return reals_[index(other)] != no_tensor_index; });
        for (const int absorbed : group.absorbed) is_done_[index(absorbed)] = true;
        const Layer &convolution = layer(i);
        const bool depthwise = convolution.operation == Operation::depthwise_conv2d;
        const int channels = shapes_[index(i)].channels, in = depthwise ? 1 : input_shape(i).channels;
        OperandValues input;
        IntegerWeights weights;
        Normalization normalization{std::vector<float>(index(channels), 1.0F),
                                    std::vector<float>(index(channels), 0.0F)};
        IntegerConvolution lowered;
        Status status = operand_values(i, 1, input);
        if (status.ok()) {
            status = integer_weights(i, index(channels), index(in * convolution.kernel * convolution.kernel), weights);
        }
        if (status.ok() && group.batch_norm != no_layer_index) {
            status = trained_.normalization(layer(group.batch_norm), index(channels), normalization);
        }
        if (status.ok()) {
            status =
                lower_convolution(weights,
                                  {channels, depthwise ? 1 : static_cast<int>(input.base.size()), convolution.kernel},
                                  depthwise,
                                  input,
                                  normalization,
                                  lowered);
        }
        if (!status.ok()) return status;
        lowered.node.input = codes_[index(i)];
        lowered.node.stride = convolution.stride;
        if (group.clamp != no_layer_index) set_clamp(layer(group.clamp).operation, lowered.real);
        if (group.residual != no_layer_index) lowered.real.residual = reals_[index(group.residual)];
        return finish_group(group, std::move(lowered));
    }

    static void set_clamp(Operation operation, RealEpilogue &real) {
        real.clamp_lower = operation == Operation::hardtanh ? -1.0F : 0.0F;
        if (operation == Operation::relu6) real.clamp_upper = 6.0F;
        if (operation == Operation::hardtanh) real.clamp_upper = 1.0F;
    }

    // Thresholds where one reader of codes is all; else a real, with the codes of the first reader of codes. Pooling is
    // a node of its own behind it, of the least where a channel's scale is negative.
    Status finish_group(const LayerGroup &group, IntegerConvolution lowered) {
        const std::vector<int> &readers = readers_[index(group.end)];
        const bool only_codes = readers.size() == 1 && reads_codes(readers[0]);
        if (only_codes && group.residual == no_layer_index) {
            return finish_with_thresholds(group, readers[0], std::move(lowered));
        }
        return finish_with_reals(group, std::move(lowered));
    }

    Status finish_with_thresholds(const LayerGroup &group, int reader, IntegerConvolution lowered) {
        CodeGrid grid;
        if (Status status = input_grid(reader, grid); !status.ok()) return status;
        const Shape &shape = shapes_[index(group.convolution)];
        ThresholdEpilogue epilogue = thresholds_of(lowered.real, grid, lowered.ranges);
        std::vector<std::int32_t> flips = epilogue.flips;
        const int codes = codes_[index(reader)] = epilogue.codes = add_codes(reader, shape, grid);
        lowered.node.epilogue = std::move(epilogue);
        add_node(last_without_pool(group), std::move(lowered.node));
        if (group.max_pool != no_layer_index) {
            graph_.tensors[index(codes)].name += unpooled;
            codes_[index(reader)] = add_codes(reader, shapes_[index(group.end)], grid);
            add_pool(group, codes, codes_[index(reader)], std::move(flips));
        }
        return {};
    }

    Status finish_with_reals(const LayerGroup &group, IntegerConvolution lowered) {
        const std::vector<int> &readers = readers_[index(group.end)];
        const bool pools = group.max_pool != no_layer_index;
        const Shape &shape = shapes_[index(group.convolution)];
        RealEpilogue &real = lowered.real;
        const auto reader = std::find_if(readers.begin(), readers.end(), [&](int r) { return reads_codes(r); });
        const int served = pools || reader == readers.end() ? no_layer_index : *reader;
        if (served != no_layer_index) {
            if (Status status = input_grid(served, real.grid); !status.ok()) return status;
            real.codes = codes_[index(served)] = add_codes(served, shape, real.grid);
        }
        if (pools || readers.size() != 1 || served == no_layer_index) {
            reals_[index(group.end)] = real.output = add_real(group.end, shape);
        }
        std::vector<std::int32_t> flips = flips_of(real);
        const int output = real.output;
        lowered.node.epilogue = std::move(real);
        add_node(last_without_pool(group), std::move(lowered.node));
        if (pools) {
            reals_[index(group.end)] = add_real(group.end, shapes_[index(group.end)]);
            graph_.tensors[index(output)].name += unpooled;
            add_pool(group, output, reals_[index(group.end)], std::move(flips));
        }
        return quantize_for_readers(group.end, served);
    }

    // The layer that stands for what the convolution's node gives.
    static int last_without_pool(const LayerGroup &group) {
        return group.max_pool == no_layer_index ? group.end : group.convolution;
    }
    // Of what rises with the accumulator or falls.
    static std::vector<std::int32_t> flips_of(const RealEpilogue &real) {
        std::vector<std::int32_t> flips;
        for (const float scale : real.scale) flips.push_back(scale < 0.0F ? -1 : 0);
        const bool any = std::any_of(flips.begin(), flips.end(), [](std::int32_t flip) { return flip != 0; });
        return any ? flips : std::vector<std::int32_t>{};
    }

    MaxPoolNode pool_node(int i, int input, int output) const {
        return {.input = input,
                .output = output,
                .kernel = layer(i).kernel,
                .stride = layer(i).stride,
                .padding = layer(i).padding};
    }
    void add_pool(const LayerGroup &group, int input, int output, std::vector<std::int32_t> flips) {
        MaxPoolNode node = pool_node(group.max_pool, input, output);
        node.flips = std::move(flips);
        add_node(group.end, std::move(node));
    }

    // A node for each reader of codes that has none yet.
    Status quantize_for_readers(int i, int served) {
        for (const int reader : readers_[index(i)]) {
            if (!reads_codes(reader) || reader == served) continue;
            QuantizeNode node{.input = reals_[index(i)]};
            if (Status status = input_grid(reader, node.grid); !status.ok()) return status;
            node.codes = codes_[index(reader)] = add_codes(reader, shapes_[index(i)], node.grid);
            add_node(reader, node);
        }
        return {};
    }

    template <typename MakeNode>
    Status lower_real(int i, MakeNode make_node) {
        const int input = reals_[index(layer(i).inputs[0])];
        if (input == no_tensor_index) return unsupported("a real input", "codes or pixels");
        const int output = reals_[index(i)] = add_real(i, shapes_[index(i)]);
        add_node(i, make_node(input, output));
        return quantize_for_readers(i, no_layer_index);
    }

    Status lower_linear(int i) {
        if (i + 1 != static_cast<int>(network_.layers.size())) {
            return unsupported("a fully connected layer at the end only", "layers behind it");
        }
        return reads_codes(i) ? lower_linear_of_codes(i) : lower_linear_of_reals(i);
    }

    Status linear_weights(int i, IntegerWeights &weights, std::span<const float> &bias) const {
        const Shape &in = input_shape(i);
        const auto out = index(layer(i).channels);
        Status status = integer_weights(i, out, index(in.channels * in.width * in.height), weights);
        if (status.ok()) status = trained_.bias(layer(i), out, bias);
        if (status.ok()) weights.values = in_layout(in, weights.values);
        return status;
    }

    Status lower_linear_of_codes(int i) {
        const Shape &in = input_shape(i);
        OperandValues input;
        IntegerWeights weights;
        std::span<const float> bias;
        IntegerConvolution lowered;
        Status status = operand_values(i, in.width * in.height, input);
        if (status.ok()) status = linear_weights(i, weights, bias);
        if (!status.ok()) return status;
        const Normalization normalization{std::vector<float>(bias.size(), 1.0F), {bias.begin(), bias.end()}};
        const int inputs = in.channels * in.width * in.height;
        status = lower_convolution(weights, {layer(i).channels, inputs, 1}, false, input, normalization, lowered);
        if (!status.ok()) return status;
        lowered.node.input = codes_[index(i)];
        lowered.node.flatten = true;
        reals_[index(i)] = lowered.real.output = add_real(i, shapes_[index(i)]);
        lowered.node.epilogue = std::move(lowered.real);
        add_node(i, std::move(lowered.node));
        return {};
    }

    Status lower_linear_of_reals(int i) {
        const int input = reals_[index(layer(i).inputs[0])];
        if (input == no_tensor_index) return unsupported("a real input", "codes or pixels");
        IntegerWeights weights;
        std::span<const float> bias;
        if (Status status = linear_weights(i, weights, bias); !status.ok()) return status;
        LinearNode node = linear_node(weights, bias);
        node.input = input;
        node.output = reals_[index(i)] = add_real(i, shapes_[index(i)]);
        add_node(i, std::move(node));
        return {};
    }

    const Network &network_;
    TrainedLayers trained_;
    std::vector<Shape> shapes_;
    std::vector<std::vector<int>> readers_;
    std::vector<int> reals_;  // of each layer: the tensor of its output, if it has one
    std::vector<int> codes_;  // of each layer that reads codes: the tensor of its quantized input
    std::vector<bool> is_done_;
    IntegerGraph graph_;
};

}  // namespace

Status lower(const Model &model, IntegerGraph &graph) {
    return Lowering(model).run(graph);
}

}  // namespace dsq
