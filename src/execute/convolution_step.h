/// A convolution, of all channels or of each by itself.
#pragma once

#include "execute/layer_weights.h"
#include "operators/conv2d.h"

namespace dsq {

class ConvolutionStep : public Step {
public:
    /// `input` and `output` are tensors. `needs_input_gradient`: not where the input is the image.
    ConvolutionStep(const ParameterStore &parameters, int layer, int input, int output, bool needs_input_gradient);

    Status forward(Execution &execution) override;
    void plan_backward(GradientPlan &plan) override;
    Status backward(Execution &execution) override;

private:
    Status backward_padding(Execution &execution, TensorView<const float> grad_output);

    int layer_, input_, output_;
    int grad_output_ = no_tensor, grad_input_ = no_tensor;
    bool needs_input_gradient_, depthwise_, quantized_input_;
    Shape input_shape_;
    Conv2dShape shape_;
    LayerWeights weights_;
};

}  // namespace dsq
