#include "train/learning_rate.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace dsq {

float learning_rate(const OptimizerRecipe &recipe, std::int64_t step, std::int64_t steps_per_epoch, int epochs) {
    const double peak = recipe.learning_rate, last = recipe.final_learning_rate;
    const std::int64_t warmup = recipe.warmup_epochs * steps_per_epoch;
    if (step < warmup) return static_cast<float>(peak * static_cast<double>(step + 1) / static_cast<double>(warmup));
    const std::int64_t rest = std::max<std::int64_t>(epochs * steps_per_epoch - warmup, 1);
    const double t = std::min(static_cast<double>(step - warmup) / static_cast<double>(rest), 1.0);
    double rate = peak;
    if (recipe.schedule == "cosine") rate = last + (peak - last) * (1.0 + std::cos(std::numbers::pi * t)) / 2.0;
    if (recipe.schedule == "one_cycle") rate = last + (peak - last) * (1.0 - t);
    if (recipe.schedule == "step") {
        for (const int milestone : recipe.milestones) {
            if (step >= milestone * steps_per_epoch) rate *= recipe.gamma;
        }
    }
    return static_cast<float>(rate);
}

}  // namespace dsq
