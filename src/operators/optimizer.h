// One step of an optimizer on a group of parameters that share their settings, in one sweep. Error: mismatched_buffers
// where the spans differ in length, invalid_argument for settings out of range (the message names them).
#pragma once

#include <span>

#include "dsq/status.h"

namespace dsq {

struct SgdSettings {
    float learning_rate = 0.1F;
    float momentum = 0.9F;
    bool nesterov = false;
    float weight_decay = 0.0F;  // added to the gradient, times the parameter
};

// velocity = momentum * velocity + g, with g = gradient + weight_decay * parameter;
// parameter -= learning_rate * (nesterov ? g + momentum * velocity : velocity).
Status sgd_step(const SgdSettings &settings,
                std::span<const float> gradients,
                std::span<float> velocities,
                std::span<float> parameters);

struct AdamSettings {
    float learning_rate = 1e-3F;
    float beta1 = 0.9F;
    float beta2 = 0.999F;
    float epsilon = 1e-8F;
    float weight_decay = 0.0F;  // added to the gradient, times the parameter
};

// Adam (Kingma and Ba 2015, Algorithm 1), its `step` counted from 1; the corrections of the bias are rounded once, from
// float64.
Status adam_step(const AdamSettings &settings,
                 int step,
                 std::span<const float> gradients,
                 std::span<float> first_moments,
                 std::span<float> second_moments,
                 std::span<float> parameters);

}  // namespace dsq
