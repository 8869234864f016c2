#include "tune/tuning_layer.h"

#include "compile/order_channels.h"
#include "compile/random_weights.h"

namespace dsq {
namespace {

constexpr std::uint64_t seed = 8;

std::size_t index(int i) {
    return static_cast<std::size_t>(i);
}

// A tensor of another graph, under the number that it gets here.
int add_tensor(const IntegerGraph &from, int tensor, IntegerGraph &graph) {
    if (tensor == no_tensor_index) return no_tensor_index;
    graph.tensors.push_back(from.tensors[index(tensor)]);
    return static_cast<int>(graph.tensors.size()) - 1;
}

CodeRange range_of(int bits) {
    return bits == 1 ? CodeRange{-1, 1} : shifted_range(bits);
}

// Bits of codes that are neighbours of each other, or -1 and +1.
IntegerTensor codes(const char *name, Shape shape, int bits) {
    IntegerTensor tensor{
        .name = name, .shape = shape, .is_codes = true, .range = range_of(bits), .distance = bits == 1 ? 2 : 1};
    tensor.padding.assign(index(shape.channels), tensor.range.low);
    return tensor;
}

// Such that all codes come out: [level][channel].
std::vector<std::int32_t> thresholds(const ConvolutionNode &node, int levels) {
    const int spread = node.weights.in_channels * node.weights.kernel * node.weights.kernel / 4 + 1;
    std::vector<std::int32_t> result;
    for (int level = 0; level < levels; ++level) {
        result.insert(result.end(), index(node.weights.out_channels), (2 * level - levels + 1) * spread / (levels + 1));
    }
    return result;
}

}  // namespace

std::vector<TuningLayer> convolutions_of(const IntegerGraph &graph) {
    std::vector<TuningLayer> layers;
    for (const IntegerNode &node : graph.nodes) {
        const auto *convolution = std::get_if<ConvolutionNode>(&node.operation);
        if (convolution == nullptr) continue;
        TuningLayer layer{node.name, {.name = graph.name, .input = graph.input}};
        ConvolutionNode copy = *convolution;
        copy.input = add_tensor(graph, copy.input, layer.graph);
        if (auto *real = std::get_if<RealEpilogue>(&copy.epilogue)) {
            for (int *tensor : {&real->residual, &real->output, &real->codes}) {
                *tensor = add_tensor(graph, *tensor, layer.graph);
            }
        } else {
            auto &epilogue = std::get<ThresholdEpilogue>(copy.epilogue);
            epilogue.codes = add_tensor(graph, epilogue.codes, layer.graph);
        }
        layer.graph.nodes.push_back({node.name, std::move(copy)});
        layers.push_back(std::move(layer));
    }
    return layers;
}

TuningLayer layer_of_shape(const LayerKey &shape) {
    const int in_channels = shape.depthwise ? shape.out_channels : shape.in_channels;
    TuningLayer layer{layer_text(shape), {.name = "layer", .input = {in_channels, shape.width, shape.height}}};
    const auto out = [&](int extent) { return (extent + 2 * (shape.kernel / 2) - shape.kernel) / shape.stride + 1; };
    layer.graph.tensors.push_back(codes("input", layer.graph.input, shape.input_bits));
    layer.graph.tensors.push_back(
        codes("output", {shape.out_channels, out(shape.width), out(shape.height)}, shape.input_bits));
    const IntegerTensor &output = layer.graph.tensors[1];
    ConvolutionNode node{
        .input = 0,
        .weights = random_weights(shape.out_channels, shape.in_channels, shape.kernel, shape.weight_bits, seed),
        .weight_range = range_of(shape.weight_bits),
        .weight_bits = shape.weight_bits,
        .stride = shape.stride,
        .depthwise = shape.depthwise};
    if (shape.weight_bits == 1) {
        for (std::int16_t &weight : node.weights.values) weight = weight < 0 ? -1 : 1;
    }
    node.epilogue = ThresholdEpilogue{.lowest = output.range.low,
                                      .distance = output.distance,
                                      .thresholds = thresholds(node, (1 << shape.input_bits) - 1),
                                      .codes = 1};
    layer.graph.nodes.push_back({"output", std::move(node)});
    order_channels(layer.graph);
    return layer;
}

}  // namespace dsq
