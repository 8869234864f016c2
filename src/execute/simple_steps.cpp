#include "execute/simple_steps.h"

#include <algorithm>

#include "operators/linear.h"
#include "operators/shortcut.h"

namespace dsq {
namespace {

std::size_t weight_count(const ParameterStore &parameters, int index) {
    const Layer &layer = parameters.network().layers[static_cast<std::size_t>(index)];
    const Shape &in = parameters.shapes()[static_cast<std::size_t>(layer.inputs[0])];
    return std::size_t(in.channels) * std::size_t(in.width) * std::size_t(in.height) * std::size_t(layer.channels);
}

}  // namespace

void SimpleStep::plan_backward(GradientPlan &plan) {
    grad_output_ = plan.of(output_);
    if (grad_output_ == no_tensor) return;
    grad_input_ = plan.take_for(input_);
    plan.contribute(input_, grad_input_);
}

LinearStep::LinearStep(const ParameterStore &parameters, int layer, int input, int output)
    : SimpleStep(input, output),
      layer_(layer),
      quantized_input_(is_quantized(parameters.quantizer(layer, Operand::activations))),
      weights_(parameters.network(), layer, weight_count(parameters, layer)) {
}

Status LinearStep::forward(Execution &execution) {
    if (Status status = weights_.prepare(execution); !status.ok()) return status;
    return linear(execution.tensors.view(input_),
                  weights_.values(execution),
                  execution.parameters.values(layer_, Role::bias),
                  execution.tensors.view(output_));
}

Status LinearStep::backward(Execution &execution) {
    const TensorView<const float> grad_output = execution.tensors.view(grad_output_);
    Status status = linear_backward_weight(execution.tensors.view(input_),
                                           grad_output,
                                           weights_.gradient(execution),
                                           execution.parameters.gradients(layer_, Role::bias));
    if (status.ok()) {
        status = linear_backward_input(grad_output, weights_.values(execution), execution.tensors.view(grad_input_));
    }
    if (quantized_input_) {
        const std::span<float> sums = execution.parameters.gradients(layer_, Role::input_quantizer);
        std::fill(sums.begin(), sums.end(), 0.0F);
    }
    return status.ok() ? weights_.finish_gradient(execution) : status;
}

PoolStep::PoolStep(const Layer &layer, int input, int output)
    : SimpleStep(input, output),
      operation_(layer.operation),
      shape_{.kernel = layer.kernel, .stride = layer.stride, .padding = layer.padding} {
}

Status PoolStep::forward(Execution &execution) {
    const TensorView<const float> input = execution.tensors.view(input_);
    const TensorView<float> output = execution.tensors.view(output_);
    if (operation_ == Operation::max_pool) return max_pool(shape_, input, output);
    if (operation_ == Operation::average_pool) return average_pool(shape_, input, output);
    return global_average_pool(input, output);
}

Status PoolStep::backward(Execution &execution) {
    if (grad_output_ == no_tensor) return {};
    const TensorView<const float> grad_output = execution.tensors.view(grad_output_);
    const TensorView<float> grad_input = execution.tensors.view(grad_input_);
    if (operation_ == Operation::max_pool) {
        return max_pool_backward(shape_, execution.tensors.view(input_), grad_output, grad_input);
    }
    if (operation_ == Operation::average_pool) return average_pool_backward(shape_, grad_output, grad_input);
    return global_average_pool_backward(grad_output, grad_input);
}

Status ShortcutStep::forward(Execution &execution) {
    return shortcut(stride_, execution.tensors.view(input_), execution.tensors.view(output_));
}

Status ShortcutStep::backward(Execution &execution) {
    if (grad_output_ == no_tensor) return {};
    return shortcut_backward(stride_, execution.tensors.view(grad_output_), execution.tensors.view(grad_input_));
}

}  // namespace dsq
