/// The parameters of one layer of a trained network, checked, as lowering wants them.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "dsq/status.h"
#include "model/code_grid.h"
#include "model/model.h"

namespace dsq {

/// Weights as integers: weight = base + scale[out] * integer.
struct IntegerWeights {
    std::vector<std::int16_t> values = {};  ///< as the model file has them: [out][in][ky][kx]
    std::vector<double> scale = {};         ///< of each output channel
    double base = 0.0;
    CodeRange range = {};
    int bits = 8;
};

/// normalized = scale * x + shift, as evaluation computes it (execute/normalize_step.cpp).
struct Normalization {
    std::vector<float> scale = {}, shift = {};  ///< of each channel
};

/// Reads the tensors of a model. Error of all: invalid_argument, naming the tensor, expected and found; non_finite.
class TrainedLayers {
public:
    explicit TrainedLayers(const Model &model) : model_(model) {
    }

    /// Elements of the tensor `<layer>.<name>`.
    Status values(const Layer &layer, const std::string &name, std::size_t size, std::span<const float> &values) const;
    /// A quantizer with the bounds that were learned.
    Status quantizer(const Layer &layer, Operand operand, Quantizer &quantizer) const;
    /// Error too where scale or shift is beyond float32.
    Status normalization(const Layer &layer, std::size_t channels, Normalization &normalization) const;
    Status bias(const Layer &layer, std::size_t channels, std::span<const float> &bias) const {
        return values(layer, "bias", channels, bias);
    }

    /// `count` weights, as evaluation multiplies by them: on their grid, where the layer is quantized.
    Status real_weights(const Layer &layer, std::size_t count, std::vector<float> &weights) const;
    /// The same of a quantized layer, as integers.
    Status grid_weights(const Layer &layer, std::size_t out_channels, std::size_t count, IntegerWeights &weights) const;

private:
    const Model &model_;
};

/// Weights [out][...] with a scale for each output channel that gives its largest magnitude `bits`.
IntegerWeights scaled_to_bits(std::span<const double> weights, std::size_t out_channels, int bits);

}  // namespace dsq
