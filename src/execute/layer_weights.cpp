#include "execute/layer_weights.h"

#include <algorithm>

#include "dsq/bounds.h"

namespace dsq {
namespace {

const Quantizer &weight_quantizer(const Network &network, int layer) {
    return network.layers[static_cast<std::size_t>(layer)].weight_quantizer;
}

// Start values of bounds that are not ready, and bounds that follow the weights.
Status update_bounds(ParameterStore &parameters, int layer, Mode mode) {
    Quantizer quantizer = parameters.quantizer(layer, Operand::weights);
    const bool ready = parameters.is_ready(layer, Operand::weights);
    const bool follows = quantizer.bounds == BoundsMode::moving_average || quantizer.method == Method::dorefa;
    if (ready && !(follows && mode == Mode::train)) return {};
    Statistics statistics;
    Status status = compute_statistics(parameters.values(layer, Role::weight), statistics);
    if (!status.ok()) return status;
    const bool restart = !ready || quantizer.method == Method::dorefa;
    status = restart ? initialize_bounds(quantizer, statistics) : update_moving_average(quantizer, statistics);
    if (status.ok()) parameters.set_quantizer(layer, quantizer);
    return status;
}

}  // namespace

LayerWeights::LayerWeights(const Network &network, int layer, std::size_t size)
    : layer_(layer), quantized_(is_quantized(weight_quantizer(network, layer))) {
    if (quantized_) {
        values_.resize(size);
        gradient_.resize(size);
    }
}

Status LayerWeights::prepare(Execution &execution) {
    if (!quantized_) return {};
    ParameterStore &parameters = execution.parameters;
    if (Status status = update_bounds(parameters, layer_, execution.mode); !status.ok()) return status;
    return execution.quantize(
        parameters.quantizer(layer_, Operand::weights), parameters.values(layer_, Role::weight), values_);
}

std::span<const float> LayerWeights::values(Execution &execution) const {
    return quantized_ ? std::span<const float>(values_) : execution.parameters.values(layer_, Role::weight);
}

std::span<float> LayerWeights::gradient(Execution &execution) {
    return quantized_ ? std::span<float>(gradient_) : execution.parameters.gradients(layer_, Role::weight);
}

Status LayerWeights::finish_gradient(Execution &execution) {
    if (!quantized_) return {};
    ParameterStore &parameters = execution.parameters;
    ParameterGradients gradients;
    const Status status = quantize_backward(parameters.quantizer(layer_, Operand::weights),
                                            parameters.values(layer_, Role::weight),
                                            gradient_,
                                            parameters.gradients(layer_, Role::weight),
                                            gradients);
    const std::span<float> sums = parameters.gradients(layer_, Role::weight_quantizer);
    std::fill(sums.begin(), sums.end(), 0.0F);
    add_gradients(gradients, sums);
    return status;
}

void add_gradients(const ParameterGradients &gradients, std::span<float> sums) {
    sums[0] += static_cast<float>(gradients.lower);
    sums[1] += static_cast<float>(gradients.upper);
    sums[2] += static_cast<float>(gradients.alpha);
}

}  // namespace dsq
