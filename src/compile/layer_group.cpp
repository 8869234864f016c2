#include "compile/layer_group.h"

namespace dsq {
namespace {

bool is_clamp(Operation operation) {
    return operation == Operation::relu || operation == Operation::relu6 || operation == Operation::hardtanh;
}

class Grouping {
public:
    Grouping(const Network &network, const std::vector<std::vector<int>> &readers, int convolution)
        : network_(network), readers_(readers), group_{.convolution = convolution, .end = convolution} {
    }

    LayerGroup find(const std::function<bool(int)> &is_there) {
        take_pool();
        if (next_is(Operation::batch_norm)) take(group_.batch_norm);
        if (next_is(Operation::add)) take_residual(is_there);
        if (next() != no_layer_index && is_clamp(layer(next()).operation)) take(group_.clamp);
        return group_;
    }

private:
    const Layer &layer(int i) const {
        return network_.layers[static_cast<std::size_t>(i)];
    }
    // The only reader of what the group gives so far.
    int next() const {
        const std::vector<int> &readers = readers_[static_cast<std::size_t>(group_.end)];
        return readers.size() == 1 ? readers.front() : no_layer_index;
    }
    bool next_is(Operation operation) const {
        return next() != no_layer_index && layer(next()).operation == operation;
    }
    void take(int &part) {
        part = next();
        group_.absorbed.push_back(part);
        group_.end = part;
    }
    // Pooling of the largest goes before what is monotone in each channel as well as behind it.
    void take_pool() {
        if (!next_is(Operation::max_pool)) return;
        const std::vector<int> &behind = readers_[static_cast<std::size_t>(next())];
        if (behind.size() == 1 && layer(behind.front()).operation == Operation::batch_norm) take(group_.max_pool);
    }
    void take_residual(const std::function<bool(int)> &is_there) {
        const std::vector<int> &inputs = layer(next()).inputs;
        const int other = inputs[0] == group_.end ? inputs[1] : inputs[0];
        if (other == group_.end || !is_there(other) || group_.max_pool != no_layer_index) return;
        int add = no_layer_index;
        take(add);
        group_.residual = other;
    }

    const Network &network_;
    const std::vector<std::vector<int>> &readers_;
    LayerGroup group_;
};

}  // namespace

std::vector<std::vector<int>> live_readers(const Network &network) {
    const std::size_t count = network.layers.size();
    std::vector<bool> is_live(count, false);
    std::vector<std::vector<int>> readers(count);
    is_live.back() = true;
    for (std::size_t i = count; i-- > 0;) {
        if (!is_live[i]) continue;
        for (const int input : network.layers[i].inputs) is_live[static_cast<std::size_t>(input)] = true;
    }
    for (std::size_t i = 0; i < count; ++i) {
        if (!is_live[i]) continue;
        for (const int input : network.layers[i].inputs) {
            readers[static_cast<std::size_t>(input)].push_back(static_cast<int>(i));
        }
    }
    return readers;
}

LayerGroup group_of(const Network &network,
                    const std::vector<std::vector<int>> &readers,
                    int convolution,
                    const std::function<bool(int layer)> &is_there) {
    return Grouping(network, readers, convolution).find(is_there);
}

}  // namespace dsq
