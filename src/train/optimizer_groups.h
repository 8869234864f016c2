/// The optimizers of a run: one setting for weights, scales and biases, one for l, u and alpha.
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "execute/parameter_store.h"
#include "model/safetensors.h"
#include "train/recipe.h"

namespace dsq {

class OptimizerGroups {
public:
    /// Starts with moments of 0 for parameters as many as these.
    OptimizerGroups(const Recipe &recipe, ParameterStore &parameters);

    /// Moves the parameters by their gradients, and puts the quantizers back into their ranges. `step` counts from 0.
    /// Error: non_finite, naming the quantizer.
    Status step(std::int64_t step, std::int64_t steps_per_epoch, ParameterStore &parameters);

    /// The moments, for a checkpoint. Error of restore: invalid_file, naming the tensor.
    std::map<std::string, Tensor> state() const;
    Status restore(const std::string &path, const std::map<std::string, Tensor> &tensors);

private:
    static constexpr std::size_t groups = 3;  // all but the running statistics
    struct Moments {
        std::vector<float> first, second;  // second: Adam's
    };
    const OptimizerRecipe &recipe_of(std::size_t group) const;
    Status step_group(std::size_t group, float rate, std::int64_t step, ParameterStore &parameters);
    void adjust_quantizer_gradients(ParameterStore &parameters) const;

    Recipe recipe_;
    std::array<Moments, groups> moments_;
};

}  // namespace dsq
