#include "train/optimizer_groups.h"

#include <algorithm>

#include "dsq/bounds.h"
#include "operators/optimizer.h"
#include "train/learning_rate.h"

namespace dsq {
namespace {

constexpr std::array<ParameterGroup, 3> group_order{
    ParameterGroup::weights, ParameterGroup::scales_and_biases, ParameterGroup::quantizers};
constexpr std::array<const char *, 3> group_names{"weights", "scales_and_biases", "quantizers"};

std::string state_name(std::size_t group, const char *moment) {
    return std::string("optimizer.") + group_names[group] + "." + moment;
}

Tensor flat(const std::vector<float> &values) {
    return make_tensor<float>({static_cast<std::int64_t>(values.size())}, values);
}

}  // namespace

OptimizerGroups::OptimizerGroups(const Recipe &recipe, ParameterStore &parameters) : recipe_(recipe) {
    for (std::size_t group = 0; group < groups; ++group) {
        const std::size_t size = parameters.values(group_order[group]).size();
        moments_[group].first.assign(size, 0.0F);
        if (recipe_of(group).method == "adam") moments_[group].second.assign(size, 0.0F);
    }
}

const OptimizerRecipe &OptimizerGroups::recipe_of(std::size_t group) const {
    return group_order[group] == ParameterGroup::quantizers ? recipe_.quantizer_optimizer : recipe_.optimizer;
}

Status OptimizerGroups::step(std::int64_t step, std::int64_t steps_per_epoch, ParameterStore &parameters) {
    adjust_quantizer_gradients(parameters);
    for (std::size_t group = 0; group < groups; ++group) {
        const float rate = learning_rate(recipe_of(group), step, steps_per_epoch, recipe_.epochs);
        if (Status status = step_group(group, rate, step, parameters); !status.ok()) return status;
    }
    return parameters.project_quantizers();
}

// The penalty on alpha, or none of its gradient.
void OptimizerGroups::adjust_quantizer_gradients(ParameterStore &parameters) const {
    const Network &network = parameters.network();
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        for (const Operand operand : {Operand::weights, Operand::activations}) {
            const Quantizer &quantizer = parameters.quantizer(static_cast<int>(i), operand);
            if (!is_quantized(quantizer)) continue;
            const bool of_weights = operand == Operand::weights;
            const QuantizerRecipe &recipe =
                of_weights ? recipe_.quantization.weights : recipe_.quantization.activations;
            float &gradient = parameters.gradients(static_cast<int>(i),
                                                   of_weights ? Role::weight_quantizer : Role::input_quantizer)[2];
            gradient += alpha_penalty(quantizer.alpha, recipe_.quantization.alpha_penalty).gradient;
            if (!recipe.learn_alpha) gradient = 0.0F;
        }
    }
}

Status OptimizerGroups::step_group(std::size_t group, float rate, std::int64_t step, ParameterStore &parameters) {
    const OptimizerRecipe &recipe = recipe_of(group);
    const std::span<float> values = parameters.values(group_order[group]);
    const std::span<const float> gradients = parameters.gradients(group_order[group]);
    if (values.empty()) return {};
    const bool decays = group_order[group] != ParameterGroup::scales_and_biases || recipe_.decay_batch_norm;
    const float weight_decay = decays ? recipe.weight_decay : 0.0F;
    Moments &moments = moments_[group];
    if (recipe.method == "adam") {
        return adam_step({.learning_rate = rate, .weight_decay = weight_decay},
                         static_cast<int>(step) + 1,
                         gradients,
                         moments.first,
                         moments.second,
                         values);
    }
    return sgd_step(
        {.learning_rate = rate, .momentum = recipe.momentum, .nesterov = recipe.nesterov, .weight_decay = weight_decay},
        gradients,
        moments.first,
        values);
}

std::map<std::string, Tensor> OptimizerGroups::state() const {
    std::map<std::string, Tensor> tensors;
    for (std::size_t group = 0; group < groups; ++group) {
        tensors[state_name(group, "first")] = flat(moments_[group].first);
        tensors[state_name(group, "second")] = flat(moments_[group].second);
    }
    return tensors;
}

Status OptimizerGroups::restore(const std::string &path, const std::map<std::string, Tensor> &tensors) {
    for (std::size_t group = 0; group < groups; ++group) {
        for (const auto &[moment, values] :
             {std::pair{"first", &moments_[group].first}, {"second", &moments_[group].second}}) {
            const std::string name = state_name(group, moment);
            const auto found = tensors.find(name);
            const auto source = found == tensors.end() ? std::nullopt : found->second.as<float>();
            if (!source || source->size() != values->size()) {
                return {ErrorCode::invalid_file,
                        path + ": tensor " + name + ": expected F32 [" + std::to_string(values->size()) + "], found " +
                            (source ? std::to_string(source->size()) + " numbers" : "none")};
            }
            std::copy(source->begin(), source->end(), values->begin());
        }
    }
    return {};
}

}  // namespace dsq
