#include "train/recipe_keys.h"

#include <array>
#include <utility>

#include "dsq/quantizer.h"

namespace dsq {
namespace {

constexpr double many = 1e9;
constexpr double below_one = 0.9999;

std::vector<std::string_view> method_names() {
    std::vector<std::string_view> names;
    for (int i = 0; i <= static_cast<int>(Method::dorefa); ++i) {
        names.push_back(name(static_cast<Method>(i)));
    }
    return names;
}

/// One table of the file: adds keys under its name.
class Table {
public:
    Table(std::vector<RecipeKey> &keys, const std::string &name) : keys_(keys), prefix_(name.empty() ? "" : name + ".") {
    }

    RecipeKey &add(const char *name, RecipeValue value, std::string_view what, double least = 0, double most = many) {
        keys_.push_back({.path = prefix_ + name, .value = value, .what = what, .least = least, .most = most});
        return keys_.back();
    }
    RecipeKey &add_choice(const char *name,
                          std::string *value,
                          std::vector<std::string_view> choices,
                          std::string_view what) {
        RecipeKey &key = add(name, value, what);
        key.choices = std::move(choices);
        return key;
    }

private:
    std::vector<RecipeKey> &keys_;
    std::string prefix_;
};

void add_run(Table table, Recipe &recipe) {
    table.add("name", &recipe.name, "name of the run (default: the file's, without .toml)");
    table.add("seed", &recipe.seed, "of everything random: the same seed gives the same bits");
    table.add("epochs", &recipe.epochs, "passes over the training images", 1, 1e5);
    table.add("steps_per_epoch",
              &recipe.steps_per_epoch,
              "steps of an epoch, for one that takes only some of the images, others each time; 0: all");
    table.add("batch_size", &recipe.batch_size, "images a step", 1, 65536);
    table.add("label_smoothing", &recipe.label_smoothing, "share of the target spread over all classes", 0, below_one);
    table.add("decay_batch_norm", &recipe.decay_batch_norm, "weight decay on gamma and beta of batch norms too");
    table.add("checkpoint_steps",
              &recipe.checkpoint_steps,
              "steps between checkpoints, besides the one after every epoch; 0: only those");
    table.add("run_folder", &recipe.run_folder, "where metrics, checkpoint and model go (default: runs/NAME)");
}

void add_data(Table table, DataRecipe &data) {
    table.add_choice("set", &data.set, {"cifar10", "fashion-mnist"}, "which data set").required = true;
    table.add("folder", &data.folder, "folder of its files").required = true;
    table.add(
        "padding", &data.padding, "black pixels around a training image, before a random crop of its size", 0, 64);
    table.add("flip", &data.flip, "mirror left and right, one training image in two");
    table.add("mean",
              &data.mean,
              "of each channel, pixels from 0 to 1; subtracted (default: cifar10 [0.485, 0.456, 0.406], as the "
              "pre-trained ResNets have it; fashion-mnist [0.286])",
              -1,
              2);
    table.add("deviation",
              &data.deviation,
              "of each channel; divided by (default: cifar10 [0.229, 0.224, 0.225], fashion-mnist [0.353])",
              1e-3,
              1e3);
}

void add_network(Table table, NetworkRecipe &network) {
    table.add_choice("name",
                     &network.name,
                     {"resnet20", "resnet32", "resnet44", "resnet56", "vgg_small", "resnet18", "resnet34"},
                     "which network");
    table.add("start",
              &network.start,
              "safetensors file to start from: a model of dsq, or a PyTorch state dict (default: random weights)");
}

void add_quantizer(Table table, QuantizerRecipe &quantizer) {
    table.add_choice(
        "method", &quantizer.method, method_names(), "how values are quantized, and what their gradient is");
    table.add("bits", &quantizer.bits, "1 to 8; 32 only for method none", 1, 32);
    table.add_choice("bounds",
                     &quantizer.bounds,
                     {"learned", "moving_average", "fixed"},
                     "how l and u move: by gradient, by the statistics of each batch, not at all");
    table.add_choice("bound_gradient",
                     &quantizer.bound_gradient,
                     {"soft", "hard"},
                     "what the gradients of l and u take for Q: the paper's eq. 11 to 13, or its Algorithm 1");
    table.add("alpha", &quantizer.alpha, "characteristic variable at the start", smallest_alpha, largest_alpha);
    table.add("learn_alpha", &quantizer.learn_alpha, "alpha moves by its gradient");
}

void add_quantization(Table table, QuantizationRecipe &quantization) {
    table.add_choice(
        "first_and_last", &quantization.first_and_last, {"float", "8bit"}, "the first and the last layer with weights");
    table.add("progressive", &quantization.progressive, "bits of the stages before the final one: [4, 3]", 1, 8);
    table.add("progressive_epochs",
              &quantization.progressive_epochs,
              "epochs of each of these stages; the final one has the rest",
              1,
              1e5);
    table.add("alpha_penalty", &quantization.alpha_penalty, "the loss gets this times alpha^2 (eq. 9)", 0, 1e3);
}

void add_optimizer(Table table, OptimizerRecipe &optimizer) {
    table.add_choice("method", &optimizer.method, {"sgd", "adam"}, "the rule of a step");
    table.add("learning_rate", &optimizer.learning_rate, "the largest of the schedule", 0, 100);
    table.add("momentum", &optimizer.momentum, "of sgd", 0, below_one);
    table.add("nesterov", &optimizer.nesterov, "of sgd: look ahead along the momentum");
    table.add("weight_decay", &optimizer.weight_decay, "this times the parameter is added to its gradient", 0, 1);
    table.add_choice("schedule",
                     &optimizer.schedule,
                     {"cosine", "step", "constant", "one_cycle"},
                     "the way of the learning rate over the run");
    table.add("warmup_epochs", &optimizer.warmup_epochs, "epochs in which the rate rises in a line from 0", 0, 1e5);
    table.add(
        "milestones", &optimizer.milestones, "of step: epochs after which the rate is multiplied by gamma", 1, 1e5);
    table.add("gamma", &optimizer.gamma, "of step: the factor at a milestone", 0, 1);
    table.add("final_learning_rate", &optimizer.final_learning_rate, "where cosine and one_cycle end", 0, 100);
}

std::string number_text(double number) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%g", number);
    return text.data();
}

std::string joined(const std::vector<std::string_view> &choices) {
    std::string text;
    for (std::size_t i = 0; i < choices.size(); ++i) {
        text += i == 0 ? "" : i + 1 < choices.size() ? ", " : " or ";
        text += choices[i];
    }
    return text;
}

struct ExpectedValue {
    const RecipeKey &key;

    std::string range() const {
        return number_text(key.least) + (key.most < many ? " to " + number_text(key.most) : " or more");
    }
    std::string operator()(const bool *) const {
        return "true or false";
    }
    std::string operator()(const int *) const {
        return "an integer, " + range();
    }
    std::string operator()(const std::uint64_t *) const {
        return "an integer, 0 or more";
    }
    std::string operator()(const float *) const {
        return "a number, " + range();
    }
    std::string operator()(const std::string *) const {
        return key.choices.empty() ? "a text" : joined(key.choices);
    }
    std::string operator()(const std::optional<int> *) const {
        return "an integer, " + range();
    }
    std::string operator()(const std::vector<int> *) const {
        return "a list of integers, " + range();
    }
    std::string operator()(const std::vector<float> *) const {
        return "a list of numbers, " + range();
    }
};

}  // namespace

std::vector<RecipeKey> recipe_keys(Recipe &recipe) {
    std::vector<RecipeKey> keys;
    add_run({keys, ""}, recipe);
    add_data({keys, "data"}, recipe.data);
    add_network({keys, "network"}, recipe.network);
    add_quantization({keys, "quantization"}, recipe.quantization);
    add_quantizer({keys, "quantization.weights"}, recipe.quantization.weights);
    add_quantizer({keys, "quantization.activations"}, recipe.quantization.activations);
    add_optimizer({keys, "optimizer"}, recipe.optimizer);
    add_optimizer({keys, "quantizer_optimizer"}, recipe.quantizer_optimizer);
    return keys;
}

std::vector<RecipeKey> layer_keys(LayerOverride &layer) {
    std::vector<RecipeKey> keys;
    Table table(keys, std::string(layers_table));
    table.add("layer", &layer.layer, "name of a layer, as dsq inspect prints it").required = true;
    table.add("weight_bits", &layer.weight_bits, "bits of its weights, instead of [quantization.weights]", 1, 8);
    table.add(
        "activation_bits", &layer.activation_bits, "bits of its input, instead of [quantization.activations]", 1, 8);
    return keys;
}

std::string expected_value(const RecipeKey &key) {
    return std::visit(ExpectedValue{key}, key.value);
}

std::string_view table_of(std::string_view path) {
    const std::size_t dot = path.rfind('.');
    return dot == std::string_view::npos ? std::string_view() : path.substr(0, dot);
}

std::string_view last_part(std::string_view path) {
    return path.substr(path.rfind('.') + 1);
}

}  // namespace dsq
