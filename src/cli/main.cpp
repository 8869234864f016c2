// The program `dsq`.
#include <algorithm>
#include <cstdio>

#include "commands.h"
#include "commit.h"
#include "train/edit_distance.h"

namespace dsq::cli {
namespace {

std::string version_text() {
    const std::string commit = DSQ_COMMIT;
    return "dsq " DSQ_VERSION + (commit.empty() ? "" : " (" + commit + ")");
}

/// The subcommand whose name is nearest.
std::string nearest_command(const CLI::App &app, const std::string &name) {
    const std::vector<const CLI::App *> commands = app.get_subcommands([](const CLI::App *) { return true; });
    const auto nearest = std::min_element(commands.begin(), commands.end(), [&](const auto *a, const auto *b) {
        return edit_distance(name, a->get_name()) < edit_distance(name, b->get_name());
    });
    return (*nearest)->get_name();
}

int usage_error(const CLI::App &app, const std::string &first_argument, const CLI::ParseError &error) {
    const std::vector<CLI::App *> given = app.get_subcommands();
    if (!given.empty()) {
        std::fprintf(stderr, "dsq: %s (see 'dsq %s --help')\n", error.what(), given.front()->get_name().c_str());
    } else if (first_argument.empty() || first_argument.starts_with('-')) {
        std::fprintf(stderr, "dsq: %s (see 'dsq --help')\n", error.what());
    } else {
        std::fprintf(stderr,
                     "dsq: unknown subcommand '%s'; the nearest is '%s' (see 'dsq --help')\n",
                     first_argument.c_str(),
                     nearest_command(app, first_argument).c_str());
    }
    return 1;
}

int run_program(int argc, char **argv) {
    CLI::App app("Trains low-bit convolutional networks with Differentiable Soft Quantization, and compiles them.",
                 "dsq");
    app.set_version_flag("--version", version_text());
    app.require_subcommand(1);
    app.set_help_all_flag("--help-all", "Help of all subcommands");
    Run run;
    add_train(app, run);
    add_create(app, run);
    add_eval(app, run);
    add_inspect(app, run);
    add_report(app, run);
#ifdef DSQ_WITH_COMPILER
    add_compile(app, run);
    add_verify(app, run);
    add_profile(app, run);
    add_tune(app, run);
#endif
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError &error) {
        return error.get_exit_code() == 0 ? app.exit(error) : usage_error(app, argc > 1 ? argv[1] : "", error);
    }
    const Status status = run();
    if (!status.ok()) std::fprintf(stderr, "dsq: %s\n", status.message().c_str());
    return status.ok() ? 0 : 1;
}

}  // namespace

}  // namespace dsq::cli

int main(int argc, char **argv) {
    return dsq::cli::run_program(argc, argv);
}
