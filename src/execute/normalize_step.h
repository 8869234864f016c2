/// Batch normalization with all that follows it up to the next layer: the residual, the activation, the quantizer
/// (operators/batch_norm.h). Any of them may be absent, batch normalization too.
#pragma once

#include <vector>

#include "execute/step.h"
#include "operators/batch_norm.h"

namespace dsq {

constexpr int no_layer = -1;

class NormalizeStep : public Step {
public:
    struct Parts {
        int batch_norm = no_layer;  ///< a layer, or none: then x is taken as it is
        int x = no_tensor;
        int residual = no_tensor;
        Clamp clamp = {};
        int output = no_tensor;
        int quantized = no_tensor;
        int quantizer = no_layer;  ///< the layer that reads `quantized`
        bool needs_input_gradient = true;
    };
    NormalizeStep(const Shape &shape, const Parts &parts);

    Status forward(Execution &execution) override;
    void plan_backward(GradientPlan &plan) override;
    Status backward(Execution &execution) override;

private:
    Status prepare_scales(Execution &execution);
    Status prepare_quantizer(Execution &execution);
    Status quantize_softly(Execution &execution);
    Status observe(Execution &execution);
    Status backward_input(Execution &execution);
    BatchNormForward forward_arguments(Execution &execution) const;

    Parts parts_;
    Shape shape_;
    std::vector<float> mean_, variance_, inverse_deviation_, scale_, shift_;
    std::vector<float> grad_scale_, grad_shift_;
    std::vector<float> observed_;  // the output, dense, where a quantizer follows its statistics
    std::vector<float> soft_;      // its soft values, where they are asked for
    int grad_output_ = no_tensor, grad_quantized_ = no_tensor, grad_sum_ = no_tensor, grad_x_ = no_tensor;
};

}  // namespace dsq
