/// Steps that are one operator each: the fully connected layer, pooling, the parameter-free shortcut.
#pragma once

#include "execute/layer_weights.h"
#include "operators/pooling.h"

namespace dsq {

/// With one input and one output tensor.
class SimpleStep : public Step {
public:
    SimpleStep(int input, int output) : input_(input), output_(output) {
    }
    void plan_backward(GradientPlan &plan) override;

protected:
    int input_, output_;
    int grad_output_ = no_tensor, grad_input_ = no_tensor;
};

class LinearStep : public SimpleStep {
public:
    LinearStep(const ParameterStore &parameters, int layer, int input, int output);
    Status forward(Execution &execution) override;
    Status backward(Execution &execution) override;

private:
    int layer_;
    bool quantized_input_;
    LayerWeights weights_;
};

class PoolStep : public SimpleStep {
public:
    /// Operation: max_pool, average_pool or global_average_pool.
    PoolStep(const Layer &layer, int input, int output);
    Status forward(Execution &execution) override;
    Status backward(Execution &execution) override;

private:
    Operation operation_;
    PoolShape shape_;
};

class ShortcutStep : public SimpleStep {
public:
    ShortcutStep(int stride, int input, int output) : SimpleStep(input, output), stride_(stride) {
    }
    Status forward(Execution &execution) override;
    Status backward(Execution &execution) override;

private:
    int stride_;
};

}  // namespace dsq
