// dsq profile: how long each step of a model's library takes.
#include <algorithm>
#include <cstdio>
#include <string>

#include "compile/profile_library.h"
#include "compile_options.h"
#include "scratch_folder.h"

namespace dsq::cli {
namespace {

struct ProfileCommand {
    CompileOptions compile;
    std::string runner;
    int rounds = 200;
    bool json = false;
};

struct StepTime {
    std::string layer, how;
    double microseconds = 0, macs = 0;

    double gmacs_per_second() const {
        return microseconds > 0 ? macs / microseconds / 1e3 : 0;
    }
};

// Borders are filled for the layer whose kernel follows: their time is that layer's.
std::vector<StepTime> steps_of(const CompiledModel &compiled, const LibraryTimes &times) {
    std::vector<StepTime> steps;
    double before = 0;
    const std::vector<KernelNote> &notes = compiled.notes[static_cast<std::size_t>(times.variant)].kernels;
    for (std::size_t step = 0; step < times.steps.size(); ++step) {
        before += times.steps[step] / 1e3;
        if (notes[step].writes.empty()) continue;
        const IntegerNode &node = compiled.graph.nodes[static_cast<std::size_t>(notes[step].node)];
        steps.push_back({node.name, notes[step].how, before, notes[step].macs});
        before = 0;
    }
    return steps;
}

void print_table(const CompiledModel &compiled, const LibraryTimes &times, const std::vector<StepTime> &steps) {
    constexpr int widest = 40;
    double longest = 0;
    for (const StepTime &step : steps) longest = std::max(longest, step.microseconds);
    std::printf("%-24s %-22s %9s %8s\n", "layer", "way", "us", "GMAC/s");
    for (const StepTime &step : steps) {
        const auto width = static_cast<std::size_t>(widest * step.microseconds / longest);
        std::printf("%-24s %-22s %9.1f %8.1f %s\n",
                    step.layer.c_str(),
                    step.how.c_str(),
                    step.microseconds,
                    step.gmacs_per_second(),
                    std::string(width, '#').c_str());
    }
    std::printf("%s: %.1f us a call of %d images, %.0f images/s, one thread\n",
                compiled.plan.variants[static_cast<std::size_t>(times.variant)].target.c_str(),
                times.run / 1e3,
                compiled.plan.batch,
                compiled.plan.batch * 1e9 / times.run);
}

Json to_json(const CompiledModel &compiled, const LibraryTimes &times, const std::vector<StepTime> &steps) {
    Json list = Json::array();
    for (const StepTime &step : steps) {
        list.push_back(
            {{"layer", step.layer}, {"way", step.how}, {"microseconds", step.microseconds}, {"macs", step.macs}});
    }
    return {{"target", compiled.plan.variants[static_cast<std::size_t>(times.variant)].target},
            {"microseconds", times.run / 1e3},
            {"images_per_second", compiled.plan.batch * 1e9 / times.run},
            {"layers", list}};
}

Status profile(const ProfileCommand &command) {
    Model model;
    ProgramOptions program;
    Status status = open_for_compilation(command.compile, model, program);
    if (!status.ok()) return status;
    if (!program.target.runner.empty() && command.runner.empty()) {
        return {
            ErrorCode::invalid_argument,
            "target " + program.target.name +
                ": expected --runner, a command that runs a shell command on a device; bench/arm/network.py estimates "
                "cycles without one"};
    }
    const ScratchFolder folder;
    CompiledModel compiled;
    LibraryTimes times;
    status = compile_model(model, program, folder.path(), thread_count(command.compile.threads), compiled);
    if (status.ok()) {
        const ProgramRunner how{program.target.linker, {}, command.runner};
        status = profile_library(compiled, how, folder.path(), command.rounds, times);
    }
    if (!status.ok()) return status;
    const std::vector<StepTime> steps = steps_of(compiled, times);
    if (command.json) {
        print_json(to_json(compiled, times, steps));
    } else {
        print_table(compiled, times, steps);
    }
    return {};
}

Status run_profile(const ProfileCommand &command) {
    const Status status = profile(command);
    return status.ok() ? status : Status{status.code(), command.compile.source.path + ": " + status.message()};
}

}  // namespace

void add_profile(CLI::App &app, Run &run) {
    const auto options = std::make_shared<ProfileCommand>();
    CLI::App *command = add_command(app, run, "profile", "Time each step of a model's library", options, run_profile);
    add_compile_options(*command, options->compile);
    command->add_option(
        "--runner", options->runner, "time it on a device: a command that runs a shell command there, 'ssh pi@host'");
    command->add_option("--rounds", options->rounds, "medians are of so many")
        ->check(CLI::Range(1, 1 << 20))
        ->capture_default_str();
    command->add_flag("--json", options->json, "print JSON");
}

}  // namespace dsq::cli
