#include "compile/trained_layer.h"

#include <algorithm>
#include <cmath>

#include "dsq/quantize.h"

namespace dsq {
namespace {

IntegerWeights on_grid(const Quantizer &quantizer, std::span<const std::uint8_t> codes, std::size_t out_channels) {
    const CodeGrid grid = code_grid(quantizer);
    IntegerWeights result{.base = grid.base(), .range = grid.range(), .bits = quantizer.bits};
    result.scale.assign(out_channels, grid.scale());
    for (const std::uint8_t code : codes) {
        result.values.push_back(static_cast<std::int16_t>(grid.lowest + grid.distance * int{code}));
    }
    return result;
}

}  // namespace

Status TrainedLayers::values(const Layer &layer,
                             const std::string &name,
                             std::size_t size,
                             std::span<const float> &values) const {
    const std::string tensor_name = layer.name + "." + name;
    const auto found = model_.tensors.find(tensor_name);
    if (found == model_.tensors.end()) {
        return {ErrorCode::invalid_argument, "tensor " + tensor_name + ": expected, not found"};
    }
    const auto floats = found->second.as<float>();
    if (!floats || floats->size() != size) {
        return {ErrorCode::invalid_argument,
                "tensor " + tensor_name + ": expected " + std::to_string(size) + " elements F32, found " +
                    std::to_string(floats ? floats->size() : 0) + " " + std::string(element_name(found->second.type))};
    }
    const auto wrong = std::find_if(floats->begin(), floats->end(), [](float x) { return !std::isfinite(x); });
    if (wrong != floats->end()) {
        return {ErrorCode::non_finite,
                "tensor " + tensor_name + ": expected finite numbers, found " + std::to_string(*wrong) + " at " +
                    std::to_string(wrong - floats->begin())};
    }
    values = *floats;
    return {};
}

Status TrainedLayers::quantizer(const Layer &layer, Operand operand, Quantizer &quantizer) const {
    const bool is_weights = operand == Operand::weights;
    quantizer = is_weights ? layer.weight_quantizer : layer.input_quantizer;
    const std::string name = is_weights ? "weight_quantizer" : "input_quantizer";
    std::span<const float> state;
    if (Status status = values(layer, name, 3, state); !status.ok()) return status;
    quantizer.lower = state[0];
    quantizer.upper = state[1];
    quantizer.alpha = state[2];
    const Status status = validate(quantizer);
    return status.ok() ? status : Status{status.code(), "tensor " + layer.name + "." + name + ": " + status.message()};
}

Status TrainedLayers::normalization(const Layer &layer, std::size_t channels, Normalization &normalization) const {
    std::span<const float> gamma, beta, mean, variance;
    Status status = values(layer, "weight", channels, gamma);
    if (status.ok()) status = values(layer, "bias", channels, beta);
    if (status.ok()) status = values(layer, "running_mean", channels, mean);
    if (status.ok()) status = values(layer, "running_var", channels, variance);
    if (!status.ok()) return status;
    normalization = {};
    for (std::size_t c = 0; c < channels; ++c) {
        if (variance[c] < 0.0F) {
            return {ErrorCode::invalid_argument,
                    "tensor " + layer.name + ".running_var: expected no negative number, found " +
                        std::to_string(variance[c]) + " at " + std::to_string(c)};
        }
        const auto inverse_deviation = static_cast<float>(1.0 / std::sqrt(double{variance[c]} + batch_norm_epsilon));
        const float scale = gamma[c] * inverse_deviation;
        const float shift = beta[c] - scale * mean[c];
        if (!std::isfinite(scale) || !std::isfinite(shift)) {
            return {ErrorCode::non_finite,
                    "tensors " + layer.name + ".*: expected a scale and a shift that float32 holds, found " +
                        std::to_string(scale) + " and " + std::to_string(shift) + " at " + std::to_string(c)};
        }
        normalization.scale.push_back(scale);
        normalization.shift.push_back(shift);
    }
    return {};
}

Status TrainedLayers::real_weights(const Layer &layer, std::size_t count, std::vector<float> &weights) const {
    std::span<const float> floats;
    Status status = values(layer, "weight", count, floats);
    if (!status.ok()) return status;
    weights.assign(floats.begin(), floats.end());
    if (!is_quantized(layer.weight_quantizer)) return {};
    Quantizer of_weights;
    status = quantizer(layer, Operand::weights, of_weights);
    return status.ok() ? quantize_values(of_weights, floats, weights) : status;
}

Status TrainedLayers::grid_weights(const Layer &layer,
                                   std::size_t out_channels,
                                   std::size_t count,
                                   IntegerWeights &weights) const {
    std::span<const float> floats;
    Quantizer of_weights;
    Status status = values(layer, "weight", count, floats);
    if (status.ok()) status = quantizer(layer, Operand::weights, of_weights);
    if (!status.ok()) return status;
    std::vector<std::uint8_t> codes(count);
    status = quantize_codes(of_weights, floats, codes);
    if (status.ok()) weights = on_grid(of_weights, codes, out_channels);
    return status;
}

IntegerWeights scaled_to_bits(std::span<const double> weights, std::size_t out_channels, int bits) {
    const int largest_weight = signed_range(bits).high;
    IntegerWeights result{.range = {-largest_weight, largest_weight}, .bits = bits};
    const std::size_t size = weights.size() / out_channels;
    for (std::size_t out = 0; out < out_channels; ++out) {
        const std::span<const double> channel = weights.subspan(out * size, size);
        double largest = 0.0;
        for (const double weight : channel) largest = std::max(largest, std::abs(weight));
        const double scale = largest > 0.0 ? largest / largest_weight : 1.0;
        result.scale.push_back(scale);
        for (const double weight : channel) {
            result.values.push_back(static_cast<std::int16_t>(std::lround(weight / scale)));
        }
    }
    return result;
}

}  // namespace dsq
