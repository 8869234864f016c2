#include "compile/order_channels.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <type_traits>
#include <utility>

#include "compile/channel_order.h"
#include "compile/convolution_way.h"
#include "compile/winograd_transform.h"

namespace dsq {
namespace {

std::size_t index(int i) {
    return static_cast<std::size_t>(i);
}

// Tensors whose channels lie alike.
class TensorGroups {
public:
    explicit TensorGroups(const IntegerGraph &graph) : parents_(graph.tensors.size()), fixed_(graph.tensors.size()) {
        std::iota(parents_.begin(), parents_.end(), 0);
        for (const IntegerNode &node : graph.nodes) {
            std::visit([this](const auto &operation) { tie(operation); }, node.operation);
        }
        fix(graph.logits);
    }

    /// A tensor of the group, the same for all of them.
    int group(int tensor) const {
        while (parents_[index(tensor)] != tensor) tensor = parents_[index(tensor)];
        return tensor;
    }
    bool is_fixed(int tensor) const {
        return fixed_[index(group(tensor))];
    }

private:
    void join(int a, int b) {
        if (a == no_tensor_index || b == no_tensor_index) return;
        a = group(a), b = group(b);
        fixed_[index(a)] = fixed_[index(a)] || fixed_[index(b)];
        parents_[index(b)] = a;
    }
    void fix(int tensor) {
        fixed_[index(group(tensor))] = true;
    }

    void tie(const InputNode &node) {
        fix(node.codes);
    }
    void tie(const ConvolutionNode &node) {
        if (const auto *thresholds = std::get_if<ThresholdEpilogue>(&node.epilogue)) {
            if (node.depthwise) join(thresholds->codes, node.input);
            return;
        }
        const auto &real = std::get<RealEpilogue>(node.epilogue);
        const int result = real.output != no_tensor_index ? real.output : real.codes;
        join(result, real.codes);
        join(result, real.residual);
        if (node.depthwise) join(result, node.input);
    }
    void tie(const QuantizeNode &node) {
        join(node.codes, node.input);
    }
    void tie(const ShortcutNode &node) {
        fix(node.input);
        fix(node.output);
    }
    void tie(const MaxPoolNode &node) {
        join(node.output, node.input);
    }
    void tie(const GlobalAveragePoolNode &node) {
        join(node.output, node.input);
    }
    void tie(const LinearNode &) {
    }

    std::vector<int> parents_;
    std::vector<bool> fixed_;
};

// What reads a group, and gains by long runs in one way of adding up; for all of them together.
struct Readers {
    CodeWeights weights = {};  // those of all, as if of one layer
    CodeRange codes = {};
    double macs = 0;
};

enum class Sums { winograd, taps };

// The way in which its runs are in 8 bits, if any is.
Sums sums_of(const ConvolutionNode &node, const IntegerTensor &input) {
    const ConvolutionOperands operands{
        .weights = node.weights, .weight_range = node.weight_range, .input_range = input.range, .stride = node.stride};
    const auto is_small = [](CodeRange range) { return range.high - range.low <= 3; };
    const bool is_winograd =
        is_for(ConvolutionWay::winograd, operands) && is_small(node.weight_range) && is_small(input.range);
    return is_winograd ? Sums::winograd : Sums::taps;
}

bool has_order(const ConvolutionNode &node) {
    constexpr CodeRange products{-128, 127};
    return !node.depthwise && !node.flatten && node.weight_range.low >= products.low &&
           node.weight_range.high <= products.high;
}

std::vector<int> order_of(Sums sums, const Readers &readers) {
    if (sums == Sums::taps) return best_uniform_run(WorstProducts(readers.weights, readers.codes)).order;
    CodeWeights transformed;
    WinogradRanges ranges;
    Status status = transform_weights(readers.weights, transformed);
    if (status.ok()) status = transform_range(readers.codes, ranges);
    if (!status.ok()) return identity_order(readers.weights.in_channels);
    return best_tap_runs(WorstProducts(transformed, ranges)).order;
}

using Order = std::vector<int>;  // the old number of each new channel

template <typename Element>
void permute(std::vector<Element> &values, const Order &order, std::size_t each = 1) {
    if (values.empty() || order.empty()) return;
    std::vector<Element> result;
    result.reserve(values.size());
    // Those of one level, or of one pixel, after the other.
    for (std::size_t first = 0; first < values.size(); first += order.size() * each) {
        for (const int channel : order) {
            const auto from = values.begin() + static_cast<std::ptrdiff_t>(first + index(channel) * each);
            result.insert(result.end(), from, from + static_cast<std::ptrdiff_t>(each));
        }
    }
    values = std::move(result);
}

// Of an image as one vector of pixels * channels.
Order flat(const Order &order, std::size_t count) {
    Order result;
    if (order.empty()) return result;
    for (std::size_t first = 0; first < count; first += order.size()) {
        for (const int channel : order) result.push_back(static_cast<int>(first) + channel);
    }
    return result;
}

class Renumbering {
public:
    explicit Renumbering(IntegerGraph &graph) : graph_(graph), groups_(graph) {
    }

    void run() {
        find_orders();
        for (std::size_t t = 0; t < graph_.tensors.size(); ++t) {
            permute(graph_.tensors[t].padding, order(static_cast<int>(t)));
        }
        for (IntegerNode &node : graph_.nodes) {
            std::visit([this](auto &operation) { renumber(operation); }, node.operation);
        }
    }

private:
    const Order &order(int tensor) const {
        static const Order none;
        if (tensor == no_tensor_index) return none;
        const auto found = orders_.find(groups_.group(tensor));
        return found != orders_.end() ? found->second : none;
    }

    // By the readers that do most.
    void find_orders() {
        std::map<std::pair<int, Sums>, Readers> all;
        for (const IntegerNode &node : graph_.nodes) {
            const auto *convolution = std::get_if<ConvolutionNode>(&node.operation);
            if (convolution == nullptr || !has_order(*convolution) || groups_.is_fixed(convolution->input)) continue;
            const IntegerTensor &input = graph_.tensors[index(convolution->input)];
            Readers &readers = all[{groups_.group(convolution->input), sums_of(*convolution, input)}];
            add(*convolution, input, readers);
        }
        std::map<int, double> most;
        for (const auto &[key, readers] : all) {
            if (readers.macs <= most[key.first]) continue;
            most[key.first] = readers.macs;
            orders_[key.first] = order_of(key.second, readers);
        }
    }
    // Of two kernels or ranges the one that does more counts.
    static void add(const ConvolutionNode &node, const IntegerTensor &input, Readers &readers) {
        const CodeWeights &weights = node.weights;
        const double pixels = double(input.shape.width) * input.shape.height / (node.stride * node.stride);
        const double macs = pixels * double(weights.values.size());
        if (readers.macs > 0 && (readers.weights.kernel != weights.kernel || readers.codes != input.range)) {
            if (macs <= readers.macs) return;
            readers = {};
        }
        readers.macs += macs;
        readers.codes = input.range;
        readers.weights.in_channels = weights.in_channels;
        readers.weights.kernel = weights.kernel;
        readers.weights.out_channels += weights.out_channels;
        readers.weights.values.insert(readers.weights.values.end(), weights.values.begin(), weights.values.end());
    }

    void renumber(ConvolutionNode &node) {
        CodeWeights &weights = node.weights;
        const std::size_t window = index(weights.kernel * weights.kernel);
        if (!node.depthwise) {
            const Order &input = order(node.input);
            permute(weights.values, node.flatten ? flat(input, index(weights.in_channels)) : input, window);
        }
        const Order &output =
            std::visit([&](auto &epilogue) -> const Order & { return renumber(epilogue); }, node.epilogue);
        permute(weights.values, output, index(weights.in_channels) * window);
    }
    const Order &renumber(ThresholdEpilogue &epilogue) {
        const Order &result = order(epilogue.codes);
        permute(epilogue.thresholds, result);
        permute(epilogue.flips, result);
        return result;
    }
    const Order &renumber(RealEpilogue &epilogue) {
        const Order &result = order(epilogue.output != no_tensor_index ? epilogue.output : epilogue.codes);
        permute(epilogue.scale, result);
        permute(epilogue.shift, result);
        return result;
    }
    void renumber(MaxPoolNode &node) {
        permute(node.flips, order(node.output));
    }
    void renumber(LinearNode &node) {
        permute(node.weights, flat(order(node.input), element_count(graph_.tensors[index(node.input)].shape)));
    }
    template <typename Operation>
    void renumber(Operation &) {
        static_assert(std::is_same_v<Operation, InputNode> || std::is_same_v<Operation, QuantizeNode> ||
                      std::is_same_v<Operation, ShortcutNode> || std::is_same_v<Operation, GlobalAveragePoolNode>);
    }

    IntegerGraph &graph_;
    TensorGroups groups_;
    std::map<int, Order> orders_;  // by groups
};

}  // namespace

void order_channels(IntegerGraph &graph) {
    Renumbering(graph).run();
}

}  // namespace dsq
