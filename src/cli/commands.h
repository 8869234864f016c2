/// The subcommands of `dsq`. Each adds itself to the command line, and says what to run where it was the one given.
#pragma once

#include <CLI/CLI.hpp>

#include <functional>
#include <nlohmann/json.hpp>

#include "dsq/status.h"

namespace dsq::cli {

using Run = std::function<Status()>;
using Json = nlohmann::ordered_json;

void add_train(CLI::App &app, Run &run);
void add_create(CLI::App &app, Run &run);
void add_eval(CLI::App &app, Run &run);
void add_inspect(CLI::App &app, Run &run);
void add_report(CLI::App &app, Run &run);
void add_compile(CLI::App &app, Run &run);
void add_verify(CLI::App &app, Run &run);
void add_profile(CLI::App &app, Run &run);
void add_tune(CLI::App &app, Run &run);

/// The options of a subcommand live as long as the function that reads them.
template <typename Options>
CLI::App *add_command(CLI::App &app,
                      Run &run,
                      const char *name,
                      const char *what,
                      const std::shared_ptr<Options> &options,
                      Status (*function)(const Options &)) {
    CLI::App *command = app.add_subcommand(name, what);
    command->callback([&run, options, function] { run = [options, function] { return function(*options); }; });
    return command;
}

/// --set of a command that reads a recipe.
void add_recipe_overrides(CLI::App &command, std::vector<std::string> &overrides);

/// For --json: to standard output, indented.
void print_json(const Json &json);

/// 0.91734 as 91.73: for people and for --json.
double percent(double share);

}  // namespace dsq::cli
