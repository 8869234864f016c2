// What must hold for a model, whatever file it came from.
#pragma once

#include "model/model.h"

namespace dsq::fuzz {

/// Lowers, validates, plans and runs the model, each as far as it is accepted. Ends the process where one step accepts
/// what the next relies on and does not find.
void check_model(const Model &model);

}  // namespace dsq::fuzz
