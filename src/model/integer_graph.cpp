#include "model/integer_graph.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <span>
#include <type_traits>

#include "model/accumulator_range.h"

namespace dsq {
namespace {

constexpr std::int64_t largest_sum = std::numeric_limits<std::int32_t>::max();
constexpr CodeRange codes_that_fit = signed_range(8);

std::string text(const Shape &shape) {
    return std::to_string(shape.channels) + "x" + std::to_string(shape.width) + "x" + std::to_string(shape.height);
}
std::string text(const CodeRange &range) {
    return std::to_string(range.low) + ".." + std::to_string(range.high);
}
std::string text(std::int64_t number) {
    return std::to_string(number);
}

bool lies_in(std::int64_t code, const CodeRange &range) {
    return code >= range.low && code <= range.high;
}
bool lies_in(const CodeRange &inner, const CodeRange &range) {
    return inner.low <= inner.high && inner.low >= range.low && inner.high <= range.high;
}

int window_count(std::int64_t extent, int kernel, int stride, std::int64_t padding) {
    return static_cast<int>((extent + 2 * padding - kernel) / stride + 1);
}

// Keeps the first thing that is wrong. Every check returns whether all is well, so that checks can be chained.
class Checker {
public:
    explicit Checker(const IntegerGraph &graph) : graph_(graph), is_written_(graph.tensors.size(), false) {
    }

    const Status &status() const {
        return status_;
    }

    bool check_tensors() {
        for (const IntegerTensor &tensor : graph_.tensors) {
            place_ = "tensor \"" + tensor.name + "\"";
            if (!check_tensor(tensor)) return false;
        }
        return true;
    }

    bool check_node(const IntegerNode &node) {
        place_ = "node \"" + node.name + "\"";
        return std::visit([&](const auto &operation) { return check(operation); }, node.operation);
    }

    bool check_whole() {
        place_ = "graph \"" + graph_.name + "\"";
        if (!reads("logits", graph_.logits, false)) return false;
        const Shape &shape = tensor(graph_.logits).shape;
        return equal("shape of logits", Shape{shape.channels, 1, 1}, shape);
    }

private:
    bool fails(const std::string &what, const std::string &expected, const std::string &found) {
        status_ = {ErrorCode::invalid_argument, place_ + ": " + what + ": expected " + expected + ", found " + found};
        return false;
    }
    template <typename Value>
    bool equal(const std::string &what, const Value &expected, const Value &found) {
        return expected == found || fails(what, text(expected), text(found));
    }
    bool has_size(const std::string &what, std::size_t expected, std::size_t found) {
        return equal(what, static_cast<std::int64_t>(expected), static_cast<std::int64_t>(found));
    }
    bool between(const std::string &what, int low, int high, int found) {
        return lies_in(found, {low, high}) || fails(what, text(CodeRange{low, high}), text(found));
    }
    bool at_least(const std::string &what, int low, int found) {
        return found >= low || fails(what, "at least " + text(low), text(found));
    }
    bool finite(const std::string &what, std::span<const float> values) {
        const auto bad = std::ranges::find_if(values, [](float value) { return !std::isfinite(value); });
        return bad == values.end() || fails(what, "finite numbers", std::to_string(*bad));
    }
    bool positive(const std::string &what, float value) {
        return (std::isfinite(value) && value > 0.0F) || fails(what, "a positive number", std::to_string(value));
    }

    const IntegerTensor &tensor(int index) const {
        return graph_.tensors[static_cast<std::size_t>(index)];
    }
    // "input" of a node is a tensor of this kind ...
    bool is_kind(const std::string &what, int index, bool is_codes) {
        const int count = static_cast<int>(graph_.tensors.size());
        if (index < 0 || index >= count) return fails(what, "a tensor below " + text(count), text(index));
        const IntegerTensor &found = tensor(index);
        if (found.is_codes == is_codes) return true;
        return fails(what + " \"" + found.name + "\"", is_codes ? "codes" : "reals", is_codes ? "reals" : "codes");
    }
    // ... that a node before has written,
    bool reads(const std::string &what, int index, bool is_codes) {
        if (!is_kind(what, index, is_codes)) return false;
        return is_written_[static_cast<std::size_t>(index)] ||
               fails(what + " \"" + tensor(index).name + "\"", "a tensor that is already written", "none");
    }
    // or that it writes itself, with this shape.
    bool writes(const std::string &what, int index, bool is_codes, const Shape &shape) {
        if (!is_kind(what, index, is_codes)) return false;
        const std::string name = what + " \"" + tensor(index).name + "\"";
        if (is_written_[static_cast<std::size_t>(index)])
            return fails(name, "a tensor of its own", "one written before");
        is_written_[static_cast<std::size_t>(index)] = true;
        return equal("shape of " + name, shape, tensor(index).shape);
    }
    // Codes from lowest on, so many levels.
    bool writes_codes(int index, const Shape &shape, int lowest, int distance, int levels) {
        if (!writes("codes", index, true, shape)) return false;
        const CodeRange range = tensor(index).range;
        const std::int64_t highest = lowest + std::int64_t{distance} * levels;
        return at_least("distance", 1, distance) && at_least("levels", 1, levels) &&
               ((lies_in(lowest, range) && lies_in(highest, range)) ||
                fails("codes \"" + tensor(index).name + "\"",
                      "codes in " + text(range),
                      std::to_string(lowest) + ".." + std::to_string(highest)));
    }
    bool writes_on_grid(int index, const Shape &shape, const CodeGrid &grid) {
        return finite("grid.lower", {&grid.lower, 1}) && positive("grid.step", grid.step) &&
               positive("grid.inverse_step", grid.inverse_step) &&
               writes_codes(index, shape, grid.lowest, grid.distance, grid.levels);
    }

    bool check_tensor(const IntegerTensor &tensor) {
        const Shape &shape = tensor.shape;
        for (const int extent : {shape.channels, shape.width, shape.height}) {
            if (!at_least("extent of " + text(shape), 1, extent)) return false;
        }
        const std::int64_t pixels = std::int64_t{shape.width} * shape.height;
        if (pixels > most_elements / shape.channels) {
            return fails("shape", "at most " + text(most_elements) + " elements", text(shape));
        }
        if (!tensor.is_codes) return true;
        if (!lies_in(tensor.range, codes_that_fit)) {
            return fails("range", "codes in " + text(codes_that_fit), text(tensor.range));
        }
        if (!at_least("distance", 1, tensor.distance)) return false;
        if (tensor.padding.empty()) return true;  // no window looks outside the image
        return has_size("padding", static_cast<std::size_t>(shape.channels), tensor.padding.size()) &&
               std::ranges::all_of(tensor.padding, [&](int code) {
                   return lies_in(code, tensor.range) || fails("padding", "codes in " + text(tensor.range), text(code));
               });
    }

    bool check(const InputNode &node) {
        Shape shape = graph_.input;
        if (node.marks_outside) ++shape.channels;
        return writes_codes(node.codes, shape, 0 - 128, 1, 255);
    }

    bool check(const ConvolutionNode &node) {
        if (!reads("input", node.input, true) || !at_least("stride", 1, node.stride)) return false;
        const CodeWeights &weights = node.weights;
        Shape shape = tensor(node.input).shape;
        if (node.flatten) shape = {static_cast<int>(element_count(shape)), 1, 1};
        if (!between("kernel", 1, largest_kernel, weights.kernel)) return false;
        if (weights.kernel % 2 == 0) return fails("kernel", "an odd extent", text(weights.kernel));
        if (node.flatten && !equal("kernel of a flattened image", 1, weights.kernel)) return false;
        const std::size_t taps = static_cast<std::size_t>(weights.kernel) * static_cast<std::size_t>(weights.kernel);
        const int in_channels = node.depthwise ? 1 : shape.channels;
        if (!equal("input channels of the weights", in_channels, weights.in_channels) ||
            !at_least("output channels", 1, weights.out_channels) ||
            (node.depthwise && !equal("output channels", shape.channels, weights.out_channels)) ||
            !has_size("weights",
                      static_cast<std::size_t>(weights.out_channels) * static_cast<std::size_t>(in_channels) * taps,
                      weights.values.size()) ||
            !check_sums(node)) {
            return false;
        }
        if (weights.kernel > 1 && tensor(node.input).padding.empty()) {
            return fails("input \"" + tensor(node.input).name + "\"", "padding", "none");
        }
        const Shape out{weights.out_channels,
                        window_count(shape.width, weights.kernel, node.stride, weights.kernel / 2),
                        window_count(shape.height, weights.kernel, node.stride, weights.kernel / 2)};
        return std::visit([&](const auto &epilogue) { return check(epilogue, out); }, node.epilogue);
    }

    // Weights are in their range, and accumulators in 32 bits for all codes of the input.
    bool check_sums(const ConvolutionNode &node) {
        if (!between("weight_bits", 1, 16, node.weight_bits) || !between("offset_shift", 0, 30, node.offset_shift)) {
            return false;
        }
        for (const std::int16_t weight : node.weights.values) {
            if (!lies_in(weight, node.weight_range)) {
                return fails("weights", "codes in " + text(node.weight_range), text(weight));
            }
        }
        const std::optional<int> channel =
            first_overflow(node.weights, tensor(node.input).range, node.offset_shift, node.offset);
        if (channel) return fails("accumulators", "at most 32 bits", "more, in channel " + text(*channel));
        return true;
    }

    bool check(const ThresholdEpilogue &epilogue, const Shape &out) {
        const auto channels = static_cast<std::size_t>(out.channels), size = epilogue.thresholds.size();
        const std::size_t levels = size / channels;
        if (levels == 0 || size % channels != 0) {
            return fails("thresholds", "a multiple of " + text(out.channels), text(static_cast<std::int64_t>(size)));
        }
        for (std::size_t i = channels; i < size; ++i) {
            if (epilogue.thresholds[i] < epilogue.thresholds[i - channels]) {
                return fails("thresholds",
                             "at least " + text(epilogue.thresholds[i - channels]) + " in level " +
                                 text(static_cast<std::int64_t>(i / channels)),
                             text(epilogue.thresholds[i]));
            }
        }
        return check_flips(epilogue.flips, channels) &&
               writes_codes(epilogue.codes, out, epilogue.lowest, epilogue.distance, static_cast<int>(levels));
    }

    bool check_flips(const std::vector<std::int32_t> &flips, std::size_t channels) {
        return flips.empty() || (has_size("flips", channels, flips.size()) &&
                                 std::ranges::all_of(flips, [&](int flip) { return between("flips", -1, 0, flip); }));
    }

    bool check(const RealEpilogue &epilogue, const Shape &out) {
        const auto channels = static_cast<std::size_t>(out.channels);
        if (!has_size("scale", channels, epilogue.scale.size()) ||
            !has_size("shift", channels, epilogue.shift.size()) || !finite("scale", epilogue.scale) ||
            !finite("shift", epilogue.shift)) {
            return false;
        }
        if (!(epilogue.clamp_lower <= epilogue.clamp_upper)) {
            return fails("clamp",
                         "bounds that rise",
                         std::to_string(epilogue.clamp_lower) + ".." + std::to_string(epilogue.clamp_upper));
        }
        if (epilogue.residual != no_tensor_index &&
            (!reads("residual", epilogue.residual, false) ||
             !equal("shape of residual", out, tensor(epilogue.residual).shape))) {
            return false;
        }
        if (epilogue.output == no_tensor_index && epilogue.codes == no_tensor_index) {
            return fails("output", "reals, codes or both", "neither");
        }
        return (epilogue.output == no_tensor_index || writes("output", epilogue.output, false, out)) &&
               (epilogue.codes == no_tensor_index || writes_on_grid(epilogue.codes, out, epilogue.grid));
    }

    bool check(const QuantizeNode &node) {
        return reads("input", node.input, false) && writes_on_grid(node.codes, tensor(node.input).shape, node.grid);
    }

    bool check(const ShortcutNode &node) {
        if (!reads("input", node.input, false) || !at_least("stride", 1, node.stride) ||
            !is_kind("output", node.output, false)) {
            return false;
        }
        const Shape &in = tensor(node.input).shape;
        const int added = tensor(node.output).shape.channels - in.channels;
        if (added < 0 || added % 2 != 0) return fails("channels added", "an even number of them", text(added));
        return writes("output",
                      node.output,
                      false,
                      {in.channels + added,
                       window_count(in.width, 1, node.stride, 0),
                       window_count(in.height, 1, node.stride, 0)});
    }

    bool check(const MaxPoolNode &node) {
        const int count = static_cast<int>(graph_.tensors.size());
        const bool is_codes = node.input >= 0 && node.input < count && tensor(node.input).is_codes;
        if (!reads("input", node.input, is_codes)) return false;
        const Shape &in = tensor(node.input).shape;
        if (!at_least("stride", 1, node.stride) || !between("kernel", 1, largest_kernel, node.kernel) ||
            !between("padding", 0, node.kernel - 1, node.padding) ||  // so that every window holds a pixel
            !between("kernel without its padding",
                     1 - node.kernel,
                     std::min(in.width, in.height),
                     node.kernel - 2 * node.padding) ||
            !check_flips(node.flips, static_cast<std::size_t>(in.channels)) ||
            !writes("output",
                    node.output,
                    is_codes,
                    {in.channels,
                     window_count(in.width, node.kernel, node.stride, node.padding),
                     window_count(in.height, node.kernel, node.stride, node.padding)})) {
            return false;
        }
        return !is_codes || equal("range of the output", tensor(node.input).range, tensor(node.output).range);
    }

    bool check(const GlobalAveragePoolNode &node) {
        return reads("input", node.input, false) &&
               writes("output", node.output, false, {tensor(node.input).shape.channels, 1, 1});
    }

    bool check(const LinearNode &node) {
        if (!reads("input", node.input, false) || !between("activation_bits", 2, 16, node.activation_bits))
            return false;
        const std::size_t in = element_count(tensor(node.input).shape), out = node.scale.size();
        if (!has_size("bias", out, node.bias.size()) || !has_size("weights", in * out, node.weights.size()) ||
            !finite("scale", node.scale) || !finite("bias", node.bias)) {
            return false;
        }
        const std::int64_t level = (1 << (node.activation_bits - 1)) - 1;
        for (std::size_t first = 0; first < node.weights.size(); first += in) {
            std::int64_t sum = 0;
            for (std::size_t i = first; i < first + in; ++i) sum += std::abs(node.weights[i]) * level;
            if (sum > largest_sum) return fails("sums", "at most 32 bits", "up to " + text(sum));
        }
        return writes("output", node.output, false, {static_cast<int>(out), 1, 1});
    }

    const IntegerGraph &graph_;
    std::vector<bool> is_written_;
    std::string place_;
    Status status_;
};

}  // namespace

std::size_t element_count(const Shape &shape) {
    return static_cast<std::size_t>(shape.channels) * static_cast<std::size_t>(shape.width) *
           static_cast<std::size_t>(shape.height);
}

Status validate(const IntegerGraph &graph) {
    Checker checker(graph);
    if (checker.check_tensors() &&
        std::ranges::all_of(graph.nodes, [&](const IntegerNode &node) { return checker.check_node(node); })) {
        checker.check_whole();
    }
    return checker.status();
}

}  // namespace dsq
