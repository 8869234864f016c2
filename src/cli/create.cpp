// dsq create: the model that a recipe starts from, to try the compiler on before there is training.
#include <array>
#include <cstdio>
#include <filesystem>

#include "commands.h"
#include "dsq/threads.h"
#include "open_model.h"
#include "train/model_setup.h"
#include "train/settle_model.h"

namespace dsq::cli {
namespace {

struct CreateOptions {
    std::string recipe;
    std::vector<std::string> overrides;
    std::string output;
    std::string image;  // empty: that of the recipe's data set
    int classes = ImageKind().classes;
    int threads = 0;
    bool json = false;
};

// "3x224x224": channels, height, width.
Status read_shape(const std::string &text, Shape &shape) {
    std::array<int, 3> sizes{};
    int end = 0;
    const int read = std::sscanf(text.c_str(), "%4dx%4dx%4d%n", &sizes[0], &sizes[1], &sizes[2], &end);
    if (read != 3 || static_cast<std::size_t>(end) != text.size() || sizes[0] < 1 || sizes[1] < 1 || sizes[2] < 1) {
        return {ErrorCode::invalid_argument,
                "--image " + text + ": expected channels x height x width, each from 1 to 9999, like 3x224x224"};
    }
    shape = {.channels = sizes[0], .width = sizes[2], .height = sizes[1]};
    return {};
}

Status image_shape(const CreateOptions &options, const Recipe &recipe, Shape &shape) {
    shape = recipe.data.set == ImageKind().set ? ImageKind().shape : Shape{1, 28, 28};
    if (options.image.empty()) return {};
    if (Status status = read_shape(options.image, shape); !status.ok()) return status;
    if (static_cast<std::size_t>(shape.channels) == recipe.data.mean.size()) return {};
    return {ErrorCode::invalid_argument,
            "--image " + options.image + ": expected as many channels as data set " + recipe.data.set + " has, " +
                std::to_string(recipe.data.mean.size())};
}

void print_result(const CreateOptions &options, const Model &model) {
    const Shape &input = model.network.input;
    const auto bytes = std::filesystem::file_size(options.output);
    if (options.json) {
        print_json({{"model", options.output},
                    {"network", model.network.name},
                    {"input", {input.channels, input.height, input.width}},
                    {"classes", options.classes},
                    {"bytes", bytes}});
        return;
    }
    std::printf("Model: %s (%s, images %dx%dx%d, %d classes, %.1f KiB)\n",
                options.output.c_str(),
                model.network.name.c_str(),
                input.channels,
                input.height,
                input.width,
                options.classes,
                static_cast<double>(bytes) / 1024);
}

Status run_create(const CreateOptions &options) {
    Recipe recipe;
    Shape image;
    Model model;
    Status status = read_recipe(options.recipe, options.overrides, recipe);
    if (status.ok()) status = set_thread_count(options.threads);
    if (status.ok()) status = image_shape(options, recipe, image);
    if (status.ok()) status = create_model(recipe, image, options.classes, model);
    if (status.ok()) status = settle_model(recipe.seed, model);
    if (status.ok()) status = write_model(options.output, model);
    if (status.ok()) print_result(options, model);
    return status;
}

}  // namespace

void add_create(CLI::App &app, Run &run) {
    const auto options = std::make_shared<CreateOptions>();
    CLI::App *command =
        add_command(app, run, "create", "Make the model that a recipe starts from", options, run_create);
    command->add_option("RECIPE", options->recipe, "TOML file; its keys: docs/recipes.md, or 'dsq train --keys'")
        ->required();
    add_recipe_overrides(*command, options->overrides);
    command->add_option("-o,--output", options->output, "file of the model")->required();
    command->add_option("--image", options->image, "CHANNELSxHEIGHTxWIDTH of images; default: the data set's");
    command->add_option("--classes", options->classes, "how many the network tells apart")
        ->check(CLI::Range(2, 65536))
        ->capture_default_str();
    command->add_option("--threads", options->threads, "0: one for each core")->capture_default_str();
    command->add_flag("--json", options->json, "print JSON");
}

}  // namespace dsq::cli
