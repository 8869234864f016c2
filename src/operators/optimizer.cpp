#include "operators/optimizer.h"

#include <cmath>
#include <limits>
#include <string>

#include "dsq_adam_step.h"
#include "dsq_sgd_step.h"
#include "quantize/tensor.h"
#include "runtime/kernel_call.h"

namespace dsq {
namespace {

// A setting is at least 0 and below `end`; a NaN is not.
struct Setting {
    const char *name;
    float value;
    float end;
};

constexpr float unlimited = std::numeric_limits<float>::infinity();

Status check_settings(std::initializer_list<Setting> settings) {
    for (const Setting &setting : settings) {
        if (setting.value >= 0.0F && setting.value < setting.end) continue;
        return {ErrorCode::invalid_argument,
                std::string(setting.name) + " = " + std::to_string(setting.value) + ": expected at least 0 and " +
                    (setting.end == unlimited ? "finite" : "less than " + std::to_string(setting.end))};
    }
    return {};
}

// 1 / (1 - beta^step)
float bias_correction(float beta, int step) {
    return static_cast<float>(1.0 / (1.0 - std::pow(double{beta}, step)));
}

}  // namespace

Status sgd_step(const SgdSettings &settings,
                std::span<const float> gradients,
                std::span<float> velocities,
                std::span<float> parameters) {
    if (Status status = check_settings({{"learning_rate", settings.learning_rate, unlimited},
                                        {"momentum", settings.momentum, 1.0F},
                                        {"weight_decay", settings.weight_decay, unlimited}});
        !status.ok()) {
        return status;
    }
    if (Status status =
            check_tensors({{"gradients", gradients}, {"velocities", velocities}, {"parameters", parameters}});
        !status.ok() || gradients.empty()) {
        return status;
    }
    return runtime::call_kernel("sgd_step", [&] {
        return dsq_sgd_step(view(gradients),
                            settings.learning_rate,
                            settings.momentum,
                            settings.nesterov,
                            settings.weight_decay,
                            view(velocities),
                            view(parameters));
    });
}

Status adam_step(const AdamSettings &settings,
                 int step,
                 std::span<const float> gradients,
                 std::span<float> first_moments,
                 std::span<float> second_moments,
                 std::span<float> parameters) {
    if (Status status = check_settings({{"learning_rate", settings.learning_rate, unlimited},
                                        {"beta1", settings.beta1, 1.0F},
                                        {"beta2", settings.beta2, 1.0F},
                                        {"epsilon", settings.epsilon, unlimited},
                                        {"weight_decay", settings.weight_decay, unlimited}});
        !status.ok()) {
        return status;
    }
    if (settings.epsilon == 0.0F) {
        return {ErrorCode::invalid_argument, "epsilon = 0: expected more, or a gradient of 0 gives 0 / 0"};
    }
    if (step < 1) return {ErrorCode::invalid_argument, "step = " + std::to_string(step) + ": expected at least 1"};
    if (Status status = check_tensors({{"gradients", gradients},
                                       {"first_moments", first_moments},
                                       {"second_moments", second_moments},
                                       {"parameters", parameters}});
        !status.ok() || gradients.empty()) {
        return status;
    }
    return runtime::call_kernel("adam_step", [&] {
        return dsq_adam_step(view(gradients),
                             settings.learning_rate,
                             settings.beta1,
                             settings.beta2,
                             settings.epsilon,
                             settings.weight_decay,
                             bias_correction(settings.beta1, step),
                             bias_correction(settings.beta2, step),
                             view(first_moments),
                             view(second_moments),
                             view(parameters));
    });
}

}  // namespace dsq
