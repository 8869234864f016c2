/// The weights of a layer as its convolution or product reads them: float, or quantized before each step.
#pragma once

#include <span>
#include <vector>

#include "dsq/quantize.h"
#include "execute/step.h"

namespace dsq {

class LayerWeights {
public:
    LayerWeights(const Network &network, int layer, std::size_t size);

    /// Quantizes them, if they are; the first time, from start values of their own.
    Status prepare(Execution &execution);
    std::span<const float> values(Execution &execution) const;
    /// Where the gradient by `values` is to be written.
    std::span<float> gradient(Execution &execution);
    /// Takes that gradient through the quantizer, to the weights, l, u and alpha.
    Status finish_gradient(Execution &execution);

private:
    int layer_;
    bool quantized_;
    std::vector<float> values_, gradient_;
};

/// Adds gradients to those of a layer's quantizer.
void add_gradients(const ParameterGradients &gradients, std::span<float> sums);

}  // namespace dsq
