/// From the layers of a network to the steps of a run: what can be computed in one sweep becomes one step.
#pragma once

#include <memory>
#include <vector>

#include "execute/step.h"

namespace dsq {

struct StepPlan {
    std::vector<std::unique_ptr<Step>> steps;
    std::vector<int> layers;                     ///< of each step: the layer that it ends with
    std::vector<int> outputs;                    ///< of each step: the tensor that it writes
    std::vector<std::vector<GradientSum>> sums;  ///< of each step: to be done before its backward
    std::vector<int> values;                     ///< of each layer: the tensor of its output, if it is kept
    std::vector<int> quantized_inputs;           ///< of each layer: the tensor that it reads, if that is quantized
    int images = no_tensor;                      ///< external
    int logits = no_tensor, grad_logits = no_tensor;
};

/// Adds tensors to `tensors`, and does not allocate them.
StepPlan plan_steps(const ParameterStore &parameters, Tensors &tensors);

}  // namespace dsq
