/// The learning rate of each step.
#pragma once

#include <cstdint>

#include "train/recipe.h"

namespace dsq {

/// Of step `step` (from 0) of epochs * steps_per_epoch. Warm-up: from 0, in a line, over its epochs. Then, with t from
/// 0 to 1 over the rest:
/// - cosine: final + (rate - final) (1 + cos(pi t)) / 2 (Loshchilov and Hutter 2017)
/// - one_cycle: final + (rate - final) (1 - t) (Smith and Topin 2018, in lines)
/// - step: times gamma at each milestone
/// - constant
float learning_rate(const OptimizerRecipe &recipe, std::int64_t step, std::int64_t steps_per_epoch, int epochs);

}  // namespace dsq
