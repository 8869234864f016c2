#include "execute/convolution_step.h"

#include <algorithm>

#include "operators/depthwise_conv2d.h"

namespace dsq {
namespace {

const Layer &layer_of(const ParameterStore &parameters, int layer) {
    return parameters.network().layers[static_cast<std::size_t>(layer)];
}

std::size_t weight_count(const ParameterStore &parameters, int index) {
    const Layer &layer = layer_of(parameters, index);
    const int in = parameters.shapes()[static_cast<std::size_t>(layer.inputs[0])].channels;
    const int out = parameters.shapes()[static_cast<std::size_t>(index)].channels;
    const int pairs = layer.operation == Operation::depthwise_conv2d ? out : in * out;
    return std::size_t(pairs) * std::size_t(layer.kernel) * std::size_t(layer.kernel);
}

}  // namespace

ConvolutionStep::ConvolutionStep(
    const ParameterStore &parameters, int layer, int input, int output, bool needs_input_gradient)
    : layer_(layer),
      input_(input),
      output_(output),
      needs_input_gradient_(needs_input_gradient),
      depthwise_(layer_of(parameters, layer).operation == Operation::depthwise_conv2d),
      quantized_input_(is_quantized(layer_of(parameters, layer).input_quantizer)),
      input_shape_(parameters.shapes()[static_cast<std::size_t>(layer_of(parameters, layer).inputs[0])]),
      shape_{layer_of(parameters, layer).kernel, layer_of(parameters, layer).stride},
      weights_(parameters.network(), layer, weight_count(parameters, layer)) {
}

Status ConvolutionStep::forward(Execution &execution) {
    if (Status status = weights_.prepare(execution); !status.ok()) return status;
    const auto convolve = depthwise_ ? depthwise_conv2d : conv2d;
    return convolve(
        shape_, execution.tensors.view(input_), weights_.values(execution).data(), execution.tensors.view(output_));
}

void ConvolutionStep::plan_backward(GradientPlan &plan) {
    grad_output_ = plan.of(output_);
    if (grad_output_ == no_tensor || !needs_input_gradient_) return;
    grad_input_ = plan.take_for(input_);
    plan.contribute(input_, grad_input_);
}

Status ConvolutionStep::backward(Execution &execution) {
    if (grad_output_ == no_tensor) return {};
    const TensorView<const float> grad_output = execution.tensors.view(grad_output_);
    const auto backward_weight = depthwise_ ? depthwise_conv2d_backward_weight : conv2d_backward_weight;
    Status status =
        backward_weight(shape_, execution.tensors.view(input_), grad_output, weights_.gradient(execution).data());
    if (status.ok() && grad_input_ != no_tensor) {
        const auto backward_input = depthwise_ ? depthwise_conv2d_backward_input : conv2d_backward_input;
        status =
            backward_input(shape_, grad_output, weights_.values(execution).data(), execution.tensors.view(grad_input_));
    }
    if (status.ok() && quantized_input_) status = backward_padding(execution, grad_output);
    return status.ok() ? weights_.finish_gradient(execution) : status;
}

// The padding holds Q(0): its gradient is a part of that of l, u and alpha. The rest comes from the pixels.
Status ConvolutionStep::backward_padding(Execution &execution, TensorView<const float> grad_output) {
    const std::span<float> sums = execution.parameters.gradients(layer_, Role::input_quantizer);
    std::fill(sums.begin(), sums.end(), 0.0F);
    if (shape_.padding() == 0 || depthwise_) return {};
    double total = 0;
    Status status = conv2d_backward_padding(shape_,
                                            grad_output,
                                            input_shape_.width,
                                            input_shape_.height,
                                            input_shape_.channels,
                                            weights_.values(execution).data(),
                                            total);
    if (!status.ok()) return status;
    const float zero = 0.0F, grad = static_cast<float>(total);
    float ignored = 0;
    ParameterGradients gradients;
    status = quantize_backward(
        execution.parameters.quantizer(layer_, Operand::activations), {&zero, 1}, {&grad, 1}, {&ignored, 1}, gradients);
    add_gradients(gradients, sums);
    return status;
}

}  // namespace dsq
