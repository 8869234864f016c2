#include "execute/step_planner.h"

#include <algorithm>
#include <utility>

#include "execute/convolution_step.h"
#include "execute/normalize_step.h"
#include "execute/simple_steps.h"

namespace dsq {
namespace {

bool is_clamp(Operation operation) {
    return operation == Operation::relu || operation == Operation::relu6 || operation == Operation::hardtanh;
}

Clamp clamp_of(Operation operation) {
    return operation == Operation::relu ? relu : operation == Operation::relu6 ? relu6 : hardtanh;
}

class Planner {
public:
    Planner(const ParameterStore &parameters, Tensors &tensors)
        : parameters_(parameters), tensors_(tensors), gradients_(tensors), layers_(parameters.network().layers) {
        values_.assign(layers_.size(), no_tensor);
        quantized_.assign(layers_.size(), no_tensor);
        absorbed_.assign(layers_.size(), false);
        consumers_.resize(layers_.size());
        for (int i = 0; i < count(); ++i) {
            for (const int input : layer(i).inputs) consumers_[index(input)].push_back(i);
        }
    }

    StepPlan plan() {
        for (int i = 0; i < count(); ++i) {
            if (!absorbed_[index(i)]) plan_layer(i);
        }
        plan_.logits = values_.back();
        plan_.values = values_;
        plan_.quantized_inputs = quantized_;
        plan_backward();
        return std::move(plan_);
    }

private:
    static std::size_t index(int i) {
        return static_cast<std::size_t>(i);
    }
    int count() const {
        return static_cast<int>(layers_.size());
    }
    const Layer &layer(int i) const {
        return layers_[index(i)];
    }
    const Shape &shape(int i) const {
        return parameters_.shapes()[index(i)];
    }
    int value(int i) const {
        return values_[index(i)];
    }
    bool reads_codes(int consumer) const {
        return has_weights(layer(consumer).operation) && is_quantized(layer(consumer).input_quantizer);
    }

    void plan_layer(int i) {
        switch (layer(i).operation) {
            case Operation::input:
                return plan_input(i);
            case Operation::batch_norm:
            case Operation::relu:
            case Operation::relu6:
            case Operation::hardtanh:
            case Operation::add:
                return plan_normalization(i);
            default:
                return plan_operator(i);
        }
    }

    // The image gets a border, and its quantizer.
    void plan_input(int i) {
        plan_.images = tensors_.add_external(shape(i));
        add_normalization(i, {.x = plan_.images, .needs_input_gradient = false});
    }

    void plan_operator(int i) {
        const Layer &l = layer(i);
        const int from = l.inputs[0];
        const int input = reads_codes(i) ? quantized_[index(i)] : value(from);
        const int output = values_[index(i)] = tensors_.add(shape(i));
        if (l.operation == Operation::conv2d || l.operation == Operation::depthwise_conv2d) {
            tensors_.widen_border(input, l.kernel / 2);
            gradients_.need_border(output, l.kernel / 2);
            add_step(i,
                     output,
                     std::make_unique<ConvolutionStep>(parameters_, i, input, output, from != 0 || reads_codes(i)));
        } else if (l.operation == Operation::linear) {
            add_step(i, output, std::make_unique<LinearStep>(parameters_, i, input, output));
        } else if (l.operation == Operation::shortcut) {
            add_step(i, output, std::make_unique<ShortcutStep>(l.stride, input, output));
        } else {
            add_step(i, output, std::make_unique<PoolStep>(l, input, output));
        }
        quantize_for_consumers(i, no_layer);
    }

    // Batch normalization, addition and activation, as far as each has no other reader.
    void plan_normalization(int i) {
        NormalizeStep::Parts parts;
        int end = i;
        if (layer(i).operation == Operation::batch_norm) {
            parts.batch_norm = i;
            parts.x = value(layer(i).inputs[0]);
            const int next = only_consumer(end);
            if (next != no_layer && layer(next).operation == Operation::add) {
                const int other = layer(next).inputs[0] == end ? layer(next).inputs[1] : layer(next).inputs[0];
                if (other != end && value(other) != no_tensor) {
                    parts.residual = value(other);
                    end = absorb(next);
                }
            }
        } else {
            parts.x = value(layer(i).inputs[0]);
            if (layer(i).operation == Operation::add) parts.residual = value(layer(i).inputs[1]);
            if (is_clamp(layer(i).operation)) parts.clamp = clamp_of(layer(i).operation);
        }
        const int next = only_consumer(end);
        if (!is_clamp(layer(end).operation) && next != no_layer && is_clamp(layer(next).operation)) {
            parts.clamp = clamp_of(layer(next).operation);
            end = absorb(next);
        }
        add_normalization(end, parts);
    }

    int only_consumer(int i) const {
        const std::vector<int> &consumers = consumers_[index(i)];
        return consumers.size() == 1 ? consumers.front() : no_layer;
    }
    int absorb(int i) {
        absorbed_[index(i)] = true;
        return i;
    }

    // The step whose output is that of layer `end`: as it is for those that read it so, quantized for the first that
    // reads codes.
    void add_normalization(int end, NormalizeStep::Parts parts) {
        const std::vector<int> &consumers = consumers_[index(end)];
        const auto codes = std::count_if(consumers.begin(), consumers.end(), [&](int c) { return reads_codes(c); });
        const bool is_read = codes < static_cast<std::ptrdiff_t>(consumers.size()) || codes > 1 || consumers.empty();
        if (is_read || parts.residual != no_tensor) parts.output = values_[index(end)] = tensors_.add(shape(end));
        if (codes > 0) {
            parts.quantizer = *std::find_if(consumers.begin(), consumers.end(), [&](int c) { return reads_codes(c); });
            parts.quantized = quantized_[index(parts.quantizer)] = tensors_.add(shape(end));
        }
        const int written = parts.output != no_tensor ? parts.output : parts.quantized;
        add_step(end, written, std::make_unique<NormalizeStep>(shape(end), parts));
        quantize_for_consumers(end, parts.quantizer);
    }

    // A step of its own for each reader of codes that has none yet.
    void quantize_for_consumers(int i, int served) {
        for (const int consumer : consumers_[index(i)]) {
            if (!reads_codes(consumer) || consumer == served) continue;
            const int quantized = quantized_[index(consumer)] = tensors_.add(shape(i));
            add_step(i,
                     quantized,
                     std::make_unique<NormalizeStep>(
                         shape(i), NormalizeStep::Parts{.x = value(i), .quantized = quantized, .quantizer = consumer}));
        }
    }

    void add_step(int i, int output, std::unique_ptr<Step> step) {
        plan_.steps.push_back(std::move(step));
        plan_.layers.push_back(i);
        plan_.outputs.push_back(output);
    }

    void plan_backward() {
        plan_.grad_logits = gradients_.take_for(plan_.logits);
        gradients_.contribute(plan_.logits, plan_.grad_logits);
        gradients_.end_step();
        plan_.sums.resize(plan_.steps.size());
        for (std::size_t s = plan_.steps.size(); s-- > 0;) {
            plan_.steps[s]->plan_backward(gradients_);
            plan_.sums[s] = gradients_.end_step();
        }
    }

    const ParameterStore &parameters_;
    Tensors &tensors_;
    GradientPlan gradients_;
    const std::vector<Layer> &layers_;
    std::vector<int> values_;     // of each layer: the tensor of its output, if it is kept
    std::vector<int> quantized_;  // of each layer that reads codes: its quantized input
    std::vector<bool> absorbed_;  // of each layer: computed by the step of one before it
    std::vector<std::vector<int>> consumers_;
    StepPlan plan_;
};

}  // namespace

StepPlan plan_steps(const ParameterStore &parameters, Tensors &tensors) {
    return Planner(parameters, tensors).plan();
}

}  // namespace dsq
