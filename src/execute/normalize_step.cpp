#include "execute/normalize_step.h"

#include <algorithm>
#include <cmath>

#include "dsq/bounds.h"
#include "execute/layer_weights.h"
#include "operators/border.h"

namespace dsq {
namespace {

constexpr float momentum = 0.1F;  // of the running statistics: the part of the new one

void move_towards(double now, float &running) {
    running += momentum * (static_cast<float>(now) - running);
}

}  // namespace

NormalizeStep::NormalizeStep(const Shape &shape, const Parts &parts) : parts_(parts), shape_(shape) {
    const auto channels = static_cast<std::size_t>(shape.channels);
    for (std::vector<float> *zeros : {&mean_, &shift_, &grad_scale_, &grad_shift_}) zeros->assign(channels, 0.0F);
    for (std::vector<float> *ones : {&variance_, &inverse_deviation_, &scale_}) ones->assign(channels, 1.0F);
}

Status NormalizeStep::forward(Execution &execution) {
    Status status = prepare_scales(execution);
    if (status.ok()) status = prepare_quantizer(execution);
    if (status.ok()) status = batch_norm(forward_arguments(execution));
    if (!status.ok() || parts_.quantized == no_tensor) return status;
    if (execution.rounding == Rounding::soft) status = quantize_softly(execution);
    if (!status.ok()) return status;
    float padding = 0.0F;
    const float zero = 0.0F;
    status = execution.quantize(
        execution.parameters.quantizer(parts_.quantizer, Operand::activations), {&zero, 1}, {&padding, 1});
    return status.ok() ? fill_border(execution.tensors.view(parts_.quantized), padding) : status;
}

// In place of the hard values.
Status NormalizeStep::quantize_softly(Execution &execution) {
    Status status = observe(execution);
    if (!status.ok()) return status;
    soft_.resize(observed_.size());
    const TensorView<float> target = execution.tensors.view(parts_.quantized);
    const Quantizer &quantizer = execution.parameters.quantizer(parts_.quantizer, Operand::activations);
    const std::span<float> soft(soft_.data(), target.size());
    status = quantize_soft(quantizer, {observed_.data(), target.size()}, soft);
    if (!status.ok()) return status;
    const std::vector<float> ones(scale_.size(), 1.0F), zeros(scale_.size(), 0.0F);
    return batch_norm({.x = {soft.data(), target.channels, target.width, target.height, target.batch},
                       .scale = ones,
                       .shift = zeros,
                       .output = target});
}

// Computes the output into `observed_`.
Status NormalizeStep::observe(Execution &execution) {
    const TensorView<const float> x = execution.tensors.view(parts_.x);
    observed_.resize(std::max(observed_.size(), x.size()));
    BatchNormForward arguments = forward_arguments(execution);
    arguments.output = {observed_.data(), x.channels, x.width, x.height, x.batch};
    arguments.quantized = {};
    return batch_norm(arguments);
}

Status NormalizeStep::prepare_scales(Execution &execution) {
    if (parts_.batch_norm == no_layer) return {};
    ParameterStore &parameters = execution.parameters;
    const std::span<float> running_mean = parameters.values(parts_.batch_norm, Role::running_mean);
    const std::span<float> running_variance = parameters.values(parts_.batch_norm, Role::running_variance);
    if (execution.mode == Mode::evaluate) {
        std::copy(running_mean.begin(), running_mean.end(), mean_.begin());
        std::copy(running_variance.begin(), running_variance.end(), variance_.begin());
    } else {
        const Status status = batch_norm_statistics(execution.tensors.view(parts_.x), mean_, variance_);
        if (!status.ok()) return status;
    }
    const double count = double(shape_.width) * shape_.height * execution.tensors.batch();
    const std::span<const float> gamma = parameters.values(parts_.batch_norm, Role::gamma);
    const std::span<const float> beta = parameters.values(parts_.batch_norm, Role::beta);
    for (std::size_t c = 0; c < mean_.size(); ++c) {
        inverse_deviation_[c] = static_cast<float>(1.0 / std::sqrt(double{variance_[c]} + batch_norm_epsilon));
        scale_[c] = gamma[c] * inverse_deviation_[c];
        shift_[c] = beta[c] - scale_[c] * mean_[c];
        if (execution.mode == Mode::train) {
            move_towards(mean_[c], running_mean[c]);
            // As PyTorch: the running variance is that of a sample.
            move_towards(variance_[c] * count / std::max(count - 1.0, 1.0), running_variance[c]);
        }
    }
    return {};
}

// Start values of bounds that are not ready, and bounds that follow the statistics of each batch.
Status NormalizeStep::prepare_quantizer(Execution &execution) {
    if (parts_.quantized == no_tensor) return {};
    Quantizer quantizer = execution.parameters.quantizer(parts_.quantizer, Operand::activations);
    const bool starts = !execution.parameters.is_ready(parts_.quantizer, Operand::activations);
    const bool follows = quantizer.bounds == BoundsMode::moving_average && execution.mode == Mode::train;
    if (!starts && !follows) return {};
    Status status = observe(execution);
    Statistics statistics;
    const std::size_t size = execution.tensors.view(parts_.x).size();
    if (status.ok()) status = compute_statistics({observed_.data(), size}, statistics);
    if (status.ok()) {
        status = starts ? initialize_bounds(quantizer, statistics) : update_moving_average(quantizer, statistics);
    }
    if (status.ok()) execution.parameters.set_quantizer(parts_.quantizer, quantizer);
    return status;
}

BatchNormForward NormalizeStep::forward_arguments(Execution &execution) const {
    const Tensors &tensors = execution.tensors;
    BatchNormForward arguments{.x = tensors.view(parts_.x), .scale = scale_, .shift = shift_, .clamp = parts_.clamp};
    if (parts_.residual != no_tensor) arguments.residual = tensors.view(parts_.residual);
    if (parts_.output != no_tensor) arguments.output = tensors.view(parts_.output);
    if (parts_.quantized != no_tensor) {
        arguments.quantized = tensors.view(parts_.quantized);
        arguments.quantizer = execution.parameters.quantizer(parts_.quantizer, Operand::activations);
    }
    return arguments;
}

void NormalizeStep::plan_backward(GradientPlan &plan) {
    if (parts_.output != no_tensor) grad_output_ = plan.of(parts_.output);
    if (parts_.quantized != no_tensor) grad_quantized_ = plan.of(parts_.quantized);
    if (grad_output_ == no_tensor && grad_quantized_ == no_tensor) return;
    const bool normalizes = parts_.batch_norm != no_layer;
    const bool has_residual = parts_.residual != no_tensor;
    const int border = has_residual ? plan.border(parts_.residual) : normalizes ? 0 : plan.border(parts_.x);
    grad_sum_ = plan.take(shape_, border);
    if (has_residual) plan.contribute(parts_.residual, grad_sum_);
    if (!parts_.needs_input_gradient) return;
    // Without a scale the gradient of x is that of the sum, and with a residual each has a copy of its own border.
    grad_x_ = normalizes || has_residual ? plan.take_for(parts_.x) : grad_sum_;
    plan.contribute(parts_.x, grad_x_);
}

Status NormalizeStep::backward(Execution &execution) {
    if (grad_sum_ == no_tensor) return {};
    Tensors &tensors = execution.tensors;
    BatchNormBackward arguments{.x = tensors.view(parts_.x),
                                .scale = scale_,
                                .shift = shift_,
                                .mean = mean_,
                                .inverse_deviation = inverse_deviation_,
                                .clamp = parts_.clamp,
                                .grad_sum = tensors.view(grad_sum_),
                                .grad_scale = grad_scale_,
                                .grad_shift = grad_shift_};
    ParameterGradients quantizer_gradients;
    if (parts_.residual != no_tensor) arguments.output = tensors.view(parts_.output);
    if (grad_output_ != no_tensor) arguments.grad_output = tensors.view(grad_output_);
    if (grad_quantized_ != no_tensor) {
        arguments.grad_quantized = tensors.view(grad_quantized_);
        arguments.quantizer = execution.parameters.quantizer(parts_.quantizer, Operand::activations);
        arguments.quantizer_gradients = &quantizer_gradients;
    }
    Status status = batch_norm_backward(arguments);
    if (status.ok() && grad_quantized_ != no_tensor) {
        add_gradients(quantizer_gradients, execution.parameters.gradients(parts_.quantizer, Role::input_quantizer));
    }
    return status.ok() ? backward_input(execution) : status;
}

Status NormalizeStep::backward_input(Execution &execution) {
    if (parts_.batch_norm != no_layer) {
        ParameterStore &parameters = execution.parameters;
        std::copy(grad_scale_.begin(), grad_scale_.end(), parameters.gradients(parts_.batch_norm, Role::gamma).begin());
        std::copy(grad_shift_.begin(), grad_shift_.end(), parameters.gradients(parts_.batch_norm, Role::beta).begin());
    } else {
        // scale = 1 and no sums: the gradient passes as it is.
        std::fill(grad_scale_.begin(), grad_scale_.end(), 0.0F);
        std::fill(grad_shift_.begin(), grad_shift_.end(), 0.0F);
    }
    if (grad_x_ == no_tensor || grad_x_ == grad_sum_) return {};
    Tensors &tensors = execution.tensors;
    return batch_norm_backward_input({.x = tensors.view(parts_.x),
                                      .grad_sum = tensors.view(grad_sum_),
                                      .scale = scale_,
                                      .mean = mean_,
                                      .inverse_deviation = inverse_deviation_,
                                      .grad_scale = grad_scale_,
                                      .grad_shift = grad_shift_,
                                      .grad_x = tensors.view(grad_x_)});
}

}  // namespace dsq
