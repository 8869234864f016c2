#include "integer_graph_table.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <span>

namespace dsq::cli {
namespace {

struct WeightFacts {
    std::vector<int> shape;  // out, in, ky, kx
    std::size_t count = 0;
    int bits = 0;
    CodeRange range;

    double packed_bytes() const {
        return static_cast<double>(count) * bits / 8;
    }
};

struct NodeFacts {
    std::string operation;
    std::vector<int> reads, writes;
    WeightFacts weights = {};
    int offset = 0, offset_shift = 0;
    std::string result;           // how it is made, for people
    Json making = Json(nullptr);  // the same
};

std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.6g", value);
    return text;
}

template <typename Numbers>
std::string joined(const Numbers &numbers, const char *between) {
    std::string text;
    for (const int value : numbers) text += (text.empty() ? "" : between) + std::to_string(value);
    return text;
}

// Infinite where there is none: JSON has no such number.
Json bound(float value) {
    return std::isfinite(value) ? Json(value) : Json(nullptr);
}

Json to_json(const CodeRange &range) {
    return {range.low, range.high};
}

int count_of(const std::vector<std::int32_t> &flips) {
    return static_cast<int>(std::count(flips.begin(), flips.end(), -1));
}

std::string flips_text(const std::vector<std::int32_t> &flips) {
    return flips.empty() ? "" : ", " + std::to_string(count_of(flips)) + " flipped";
}

std::string window_text(int kernel, int stride) {
    const std::string extent = std::to_string(kernel);
    return extent + "x" + extent + (stride > 1 ? " stride " + std::to_string(stride) : "");
}

std::string grid_text(const CodeGrid &grid) {
    return std::to_string(grid.levels + 1) + " codes from " + number(grid.lower) + " by " + number(grid.step);
}

Json to_json(const CodeGrid &grid) {
    return {{"codes", grid.levels + 1}, {"l", grid.lower}, {"step", grid.step}};
}

class Describer {
public:
    explicit Describer(const IntegerGraph &graph) : graph_(graph) {
    }

    NodeFacts operator()(const InputNode &node) const {
        const std::string mark = node.marks_outside ? ", a channel that marks the outside" : "";
        return {.operation = "pixels",
                .writes = {node.codes},
                .result = "pixel - 128" + mark,
                .making = {{"kind", "pixels"}, {"marks_outside", node.marks_outside}}};
    }
    NodeFacts operator()(const ConvolutionNode &node) const {
        const CodeWeights &weights = node.weights;
        NodeFacts facts{.operation = (node.depthwise ? "depthwise " : "convolution ") +
                                     window_text(weights.kernel, node.stride) + (node.flatten ? " of all" : ""),
                        .reads = {node.input},
                        .offset = node.offset,
                        .offset_shift = node.offset_shift};
        facts.weights = {{weights.out_channels, weights.in_channels, weights.kernel, weights.kernel},
                         weights.values.size(),
                         node.weight_bits,
                         node.weight_range};
        std::visit([&](const auto &epilogue) { add(epilogue, facts); }, node.epilogue);
        return facts;
    }
    NodeFacts operator()(const QuantizeNode &node) const {
        return {.operation = "quantize",
                .reads = {node.input},
                .writes = {node.codes},
                .result = grid_text(node.grid),
                .making = {{"kind", "quantize"}, {"grid", to_json(node.grid)}}};
    }
    NodeFacts operator()(const ShortcutNode &node) const {
        return {.operation = "shortcut 1x1" + (node.stride > 1 ? " stride " + std::to_string(node.stride) : ""),
                .reads = {node.input},
                .writes = {node.output},
                .result = "channels of zeros on both sides",
                .making = {{"kind", "shortcut"}, {"stride", node.stride}}};
    }
    NodeFacts operator()(const MaxPoolNode &node) const {
        return {.operation = "max_pool " + window_text(node.kernel, node.stride),
                .reads = {node.input},
                .writes = {node.output},
                .result = "maximum" + flips_text(node.flips),
                .making = {{"kind", "max_pool"},
                           {"kernel", node.kernel},
                           {"stride", node.stride},
                           {"padding", node.padding},
                           {"flips", count_of(node.flips)}}};
    }
    NodeFacts operator()(const GlobalAveragePoolNode &node) const {
        return {.operation = "average",
                .reads = {node.input},
                .writes = {node.output},
                .result = "sum / pixels",
                .making = {{"kind", "average"}}};
    }
    NodeFacts operator()(const LinearNode &node) const {
        constexpr int weight_bits = 8;
        const int outputs = static_cast<int>(node.scale.size());
        const int inputs = static_cast<int>(node.weights.size()) / std::max(outputs, 1);
        const std::string bits = std::to_string(node.activation_bits);
        return {.operation = "linear",
                .reads = {node.input},
                .writes = {node.output},
                .weights = {{outputs, inputs}, node.weights.size(), weight_bits, signed_range(weight_bits)},
                .result = "scale, shift; input to " + bits + " bits, image by image",
                .making = {{"kind", "linear"}, {"activation_bits", node.activation_bits}}};
    }

private:
    void add(const ThresholdEpilogue &epilogue, NodeFacts &facts) const {
        const int channels = facts.weights.shape.front();
        const int levels = static_cast<int>(epilogue.thresholds.size()) / std::max(channels, 1);
        facts.writes = {epilogue.codes};
        facts.result =
            std::to_string(levels) + " thresholds x " + std::to_string(channels) + flips_text(epilogue.flips);
        facts.making = {
            {"kind", "thresholds"}, {"levels", levels}, {"channels", channels}, {"flips", count_of(epilogue.flips)}};
    }
    void add(const RealEpilogue &epilogue, NodeFacts &facts) const {
        const bool has_residual = epilogue.residual != no_tensor_index;
        const bool has_codes = epilogue.codes != no_tensor_index;
        const std::string residual = has_residual ? name_of(epilogue.residual) : "";
        if (has_residual) facts.reads.push_back(epilogue.residual);
        for (const int tensor : {epilogue.output, epilogue.codes}) {
            if (tensor != no_tensor_index) facts.writes.push_back(tensor);
        }
        facts.result = "scale, shift" + (has_residual ? ", + " + residual : "") + clamp_text(epilogue) +
                       (has_codes ? "; " + grid_text(epilogue.grid) : "");
        facts.making = {{"kind", "real"},
                        {"residual", has_residual ? Json(residual) : Json(nullptr)},
                        {"clamp", {bound(epilogue.clamp_lower), bound(epilogue.clamp_upper)}},
                        {"grid", has_codes ? to_json(epilogue.grid) : Json(nullptr)}};
    }
    static std::string clamp_text(const RealEpilogue &epilogue) {
        const bool has_lower = std::isfinite(epilogue.clamp_lower), has_upper = std::isfinite(epilogue.clamp_upper);
        return (has_lower ? ", at least " + number(epilogue.clamp_lower) : "") +
               (has_upper ? ", at most " + number(epilogue.clamp_upper) : "");
    }
    const std::string &name_of(int tensor) const {
        return graph_.tensors[static_cast<std::size_t>(tensor)].name;
    }

    const IntegerGraph &graph_;
};

NodeFacts describe(const IntegerGraph &graph, const IntegerNode &node) {
    return std::visit(Describer(graph), node.operation);
}

struct Totals {
    std::size_t weights = 0;
    double bytes = 0;

    void add(const WeightFacts &facts) {
        weights += facts.count;
        bytes += facts.packed_bytes();
    }
};

Json tensor_json(const IntegerTensor &tensor) {
    Json json{{"tensor", tensor.name},
              {"shape", {tensor.shape.channels, tensor.shape.height, tensor.shape.width}},
              {"kind", tensor.is_codes ? "codes" : "reals"}};
    if (tensor.is_codes) {
        json["range"] = to_json(tensor.range);
        json["distance"] = tensor.distance;
    }
    return json;
}

Json tensors_json(const IntegerGraph &graph, const std::vector<int> &tensors) {
    Json list = Json::array();
    for (const int tensor : tensors) list.push_back(tensor_json(graph.tensors[static_cast<std::size_t>(tensor)]));
    return list;
}

Json node_json(const IntegerGraph &graph, const IntegerNode &node) {
    const NodeFacts facts = describe(graph, node);
    Json json{{"node", node.name},
              {"operation", facts.operation},
              {"reads", tensors_json(graph, facts.reads)},
              {"writes", tensors_json(graph, facts.writes)},
              {"result", facts.making},
              {"weights", facts.weights.count},
              {"bytes", facts.weights.packed_bytes()}};
    if (facts.weights.count > 0) {
        json["weight_shape"] = facts.weights.shape;
        json["weight_bits"] = facts.weights.bits;
        json["weight_range"] = to_json(facts.weights.range);
        json["offset"] = facts.offset;
        json["offset_shift"] = facts.offset_shift;
    }
    return json;
}

// "layer1.0.relu1 16x32x32 -2..1"
std::string tensor_text(const IntegerTensor &tensor) {
    const std::string shape = joined(std::array{tensor.shape.channels, tensor.shape.height, tensor.shape.width}, "x");
    const std::string codes = std::to_string(tensor.range.low) + ".." + std::to_string(tensor.range.high) +
                              (tensor.distance > 1 ? " by " + std::to_string(tensor.distance) : "");
    return tensor.name + " " + shape + " " + (tensor.is_codes ? codes : "reals");
}

std::string tensors_text(const IntegerGraph &graph, std::span<const int> tensors) {
    std::string text;
    for (const int tensor : tensors) {
        text += (text.empty() ? "" : ", ") + tensor_text(graph.tensors[static_cast<std::size_t>(tensor)]);
    }
    return text;
}

constexpr std::size_t columns = 11;
using Row = std::array<std::string, columns>;

Row row_of(const IntegerGraph &graph, const IntegerNode &node) {
    const NodeFacts facts = describe(graph, node);
    // Without a residual, which has the output's shape: the result names it.
    const auto reads = std::span(facts.reads).first(std::min<std::size_t>(facts.reads.size(), 1));
    Row row{node.name, facts.operation, tensors_text(graph, reads), tensors_text(graph, facts.writes)};
    if (facts.weights.count > 0) {
        const WeightFacts &weights = facts.weights;
        row[4] = joined(weights.shape, "x");
        row[5] = std::to_string(weights.bits);
        row[6] = std::to_string(weights.range.low) + ".." + std::to_string(weights.range.high);
        row[9] = std::to_string(weights.count);
        row[10] = number(weights.packed_bytes());
    }
    if (facts.offset != 0) {
        row[7] = std::to_string(facts.offset) +
                 (facts.offset_shift > 0 ? ", sum << " + std::to_string(facts.offset_shift) : "");
    }
    row[8] = facts.result;
    return row;
}

void print_rows(const std::vector<Row> &rows) {
    std::array<std::size_t, columns> widths{};
    for (const Row &row : rows) {
        for (std::size_t column = 0; column < columns; ++column) {
            widths[column] = std::max(widths[column], row[column].size());
        }
    }
    for (const Row &row : rows) {
        std::string line;
        for (std::size_t column = 0; column < columns; ++column) {
            line += row[column] + std::string(widths[column] - row[column].size() + 2, ' ');
        }
        line.erase(line.find_last_not_of(' ') + 1);
        std::printf("%s\n", line.c_str());
    }
}

}  // namespace

void print_graph_table(const IntegerGraph &graph) {
    std::vector<Row> rows{
        {"node", "operation", "reads", "writes", "weights", "bits", "range", "offset", "result", "number", "bytes"}};
    Totals sum;
    for (const IntegerNode &node : graph.nodes) {
        rows.push_back(row_of(graph, node));
        sum.add(describe(graph, node).weights);
    }
    std::printf("%s: images of %d x %d x %d; %zu nodes, %zu weights, %.1f KiB packed to their bits\n\n",
                graph.name.c_str(),
                graph.input.channels,
                graph.input.height,
                graph.input.width,
                graph.nodes.size(),
                sum.weights,
                sum.bytes / 1024);
    print_rows(rows);
}

Json graph_json(const IntegerGraph &graph) {
    Json nodes = Json::array();
    Totals sum;
    for (const IntegerNode &node : graph.nodes) {
        nodes.push_back(node_json(graph, node));
        sum.add(describe(graph, node).weights);
    }
    return {{"network", graph.name},
            {"input", {graph.input.channels, graph.input.height, graph.input.width}},
            {"weights", sum.weights},
            {"bytes", sum.bytes},
            {"nodes", nodes}};
}

}  // namespace dsq::cli
