// dsq train: a run by a recipe, with its progress on standard error and its result on standard output.
#include <cstdio>
#include <filesystem>

#include "commands.h"
#include "dsq/threads.h"
#include "interrupt.h"
#include "progress.h"
#include "train/recipe.h"
#include "train/recipe_keys.h"
#include "train/trainer.h"

namespace dsq::cli {
namespace {

struct TrainOptions {
    std::string recipe;
    std::vector<std::string> overrides;
    bool resume = false;
    bool keys = false;
    bool dry_run = false;
    int threads = 0;
    bool json = false;
};

void print_result(const TrainOptions &options, const Recipe &recipe, const TrainResult &result) {
    const std::string metrics = (std::filesystem::path(recipe.run_folder) / "metrics.jsonl").string();
    if (options.json) {
        print_json({{"name", recipe.name},
                    {"run_folder", recipe.run_folder},
                    {"epoch", result.last.epoch},
                    {"epochs", recipe.epochs},
                    {"stopped", result.stopped},
                    {"test_accuracy", percent(result.last.test_accuracy)},
                    {"test_loss", result.last.test_loss},
                    {"best_test_accuracy", percent(result.best_test_accuracy)},
                    {"best_epoch", result.best_epoch},
                    {"model", result.model},
                    {"metrics", metrics}});
        return;
    }
    if (result.stopped) {
        std::printf(
            "Stopped in epoch %d. Go on with: dsq train %s --resume\n", result.last.epoch + 1, options.recipe.c_str());
        return;
    }
    if (result.last.epoch == 0) {
        std::printf("The run had ended already; its best test accuracy is %.2f %%, after %d epochs\n",
                    percent(result.best_test_accuracy),
                    result.best_epoch);
        return;
    }
    std::printf("Test accuracy: %.2f %% after epoch %d, best %.2f %% after epoch %d\n",
                percent(result.last.test_accuracy),
                result.last.epoch,
                percent(result.best_test_accuracy),
                result.best_epoch);
    std::printf("Model:         %s\nMetrics:       %s\n", result.model.c_str(), metrics.c_str());
    std::printf("Plots:         dsq report %s\n", recipe.run_folder.c_str());
}

Status run_train(const TrainOptions &options) {
    if (options.keys) {
        std::fputs(recipe_reference().c_str(), stdout);
        return {};
    }
    if (options.recipe.empty()) {
        return {ErrorCode::invalid_argument, "RECIPE is required (see 'dsq train --help')"};
    }
    Recipe recipe;
    Status status = read_recipe(options.recipe, options.overrides, recipe);
    if (status.ok()) status = set_thread_count(options.threads);
    if (!status.ok()) return status;
    if (options.dry_run) {
        print_json(to_json(recipe));
        return {};
    }
    stop_at_interrupt();
    ProgressDisplay display(stderr);
    TrainResult result;
    const TrainEvents events{.step = [&](const Progress &progress) { display.step(progress); },
                             .epoch = [&](const EpochSummary &epoch) { display.epoch(epoch); },
                             .note = [&](const std::string &note) { display.note(note); },
                             .stop = [] { return interrupted(); }};
    status = train(recipe, options.resume, options.threads, events, result);
    display.clear();
    if (status.ok()) print_result(options, recipe, result);
    return status;
}

}  // namespace

void add_train(CLI::App &app, Run &run) {
    const auto options = std::make_shared<TrainOptions>();
    CLI::App *command = add_command(app, run, "train", "Train a network by a recipe", options, run_train);
    command->add_option("RECIPE", options->recipe, "TOML file; its keys: docs/recipes.md, or --keys");
    add_recipe_overrides(*command, options->overrides);
    command->add_flag("--resume", options->resume, "go on from the run's last checkpoint");
    command->add_option("--threads", options->threads, "0: one for each core; the result is the same bits for any")
        ->capture_default_str();
    command->add_flag("--dry-run", options->dry_run, "check the recipe and print it with all defaults, as JSON");
    command->add_flag("--keys", options->keys, "print every key of a recipe with its values, default and meaning");
    command->add_flag("--json", options->json, "print the result as JSON");
}

}  // namespace dsq::cli
