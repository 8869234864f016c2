// What depends on other keys, and what must hold between them.
#include <algorithm>
#include <numeric>
#include <utility>

#include "train/recipe_keys.h"

namespace dsq {
namespace {

class Completion {
public:
    Completion(const RecipeOrigins &origins, Recipe &recipe) : origins_(origins), recipe_(recipe) {
    }

    Status run() {
        using Check = Status (Completion::*)() const;
        fill_in();
        for (const Check check : {&Completion::check_required,
                                  &Completion::check_normalization,
                                  &Completion::check_quantizers,
                                  &Completion::check_stages,
                                  &Completion::check_optimizers}) {
            if (Status status = (this->*check)(); !status.ok()) return status;
        }
        return {};
    }

private:
    /// Names the place of the key, or the file where it has its default.
    Status conflict(const std::string &key, const std::string &expected, const std::string &found) const {
        const auto origin = origins_.of_keys.find(key);
        const std::string &where = origin == origins_.of_keys.end() ? origins_.path : origin->second;
        return {where.starts_with("--set") ? ErrorCode::invalid_argument : ErrorCode::invalid_file,
                where + ": " + key + ": expected " + expected + ", found " + found};
    }

    void fill_in() {
        std::vector<float> mean, deviation;
        default_normalization(recipe_.data.set, mean, deviation);
        if (recipe_.data.mean.empty()) recipe_.data.mean = mean;
        if (recipe_.data.deviation.empty()) recipe_.data.deviation = deviation;
        if (recipe_.run_folder.empty()) recipe_.run_folder = "runs/" + recipe_.name;
    }

    Status check_required() const {
        for (const RecipeKey &key : recipe_keys(recipe_)) {
            if (key.required && std::get<std::string *>(key.value)->empty()) {
                return conflict(key.path, expected_value(key), "none");
            }
        }
        return {};
    }

    Status check_normalization() const {
        std::vector<float> mean, deviation;
        default_normalization(recipe_.data.set, mean, deviation);
        const std::size_t channels = mean.size();
        for (const auto &[key, values] :
             {std::pair("data.mean", &recipe_.data.mean), std::pair("data.deviation", &recipe_.data.deviation)}) {
            if (values->size() != channels) {
                return conflict(key,
                                "as many numbers as " + recipe_.data.set + " has channels, " + std::to_string(channels),
                                std::to_string(values->size()));
            }
        }
        return {};
    }

    Status check_quantizers() const {
        const QuantizationRecipe &quantization = recipe_.quantization;
        for (const auto &[table, quantizer] : {std::pair("quantization.weights", &quantization.weights),
                                               std::pair("quantization.activations", &quantization.activations)}) {
            const bool binary = quantizer->method == "binary";
            const int most = binary ? 1 : 8;
            if (quantizer->method != "none" && quantizer->bits > most) {
                return conflict(std::string(table) + ".bits",
                                (binary ? "1" : "1 to 8") + (" for method " + quantizer->method),
                                std::to_string(quantizer->bits));
            }
        }
        return {};
    }

    Status check_stages() const {
        const std::string key = "quantization.progressive_epochs";
        const std::vector<int> &epochs = recipe_.quantization.progressive_epochs;
        const std::size_t stages = recipe_.quantization.progressive.size();
        if (epochs.size() != stages) {
            return conflict(key,
                            "as many numbers as quantization.progressive has, " + std::to_string(stages),
                            std::to_string(epochs.size()));
        }
        const std::int64_t sum = std::accumulate(epochs.begin(), epochs.end(), std::int64_t{0});
        if (stages > 0 && sum >= recipe_.epochs) {
            return conflict(key, "a sum below epochs = " + std::to_string(recipe_.epochs), std::to_string(sum));
        }
        return {};
    }

    Status check_optimizers() const {
        Status status = check_optimizer("optimizer", recipe_.optimizer);
        return status.ok() ? check_optimizer("quantizer_optimizer", recipe_.quantizer_optimizer) : status;
    }

    Status check_optimizer(const std::string &table, const OptimizerRecipe &optimizer) const {
        if (optimizer.warmup_epochs > 0 && optimizer.warmup_epochs >= recipe_.epochs) {
            return conflict(table + ".warmup_epochs",
                            "fewer than epochs = " + std::to_string(recipe_.epochs),
                            std::to_string(optimizer.warmup_epochs));
        }
        if (optimizer.schedule == "step" && optimizer.milestones.empty()) {
            return conflict(table + ".milestones", "at least one for schedule step", "none");
        }
        if (!std::is_sorted(optimizer.milestones.begin(), optimizer.milestones.end())) {
            return conflict(table + ".milestones", "epochs in rising order", "another order");
        }
        if (optimizer.nesterov && optimizer.momentum == 0.0F) {
            return conflict(table + ".momentum", "more than 0 for nesterov", "0");
        }
        if (optimizer.final_learning_rate > optimizer.learning_rate) {
            return conflict(table + ".final_learning_rate", "at most learning_rate", "more");
        }
        return {};
    }

    const RecipeOrigins &origins_;
    Recipe &recipe_;
};

}  // namespace

void default_normalization(std::string_view set, std::vector<float> &mean, std::vector<float> &deviation) {
    const bool colour = set == "cifar10";
    mean = colour ? std::vector{0.485F, 0.456F, 0.406F} : std::vector{0.286F};
    deviation = colour ? std::vector{0.229F, 0.224F, 0.225F} : std::vector{0.353F};
}

Status complete_recipe(const RecipeOrigins &origins, Recipe &recipe) {
    return Completion(origins, recipe).run();
}

}  // namespace dsq
