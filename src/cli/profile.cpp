// dsq profile: what each step of a model's library costs: time on the machine that it is for, or estimated cycles.
#include <algorithm>
#include <cstdio>
#include <string>

#include "compile/profile_library.h"
#include "compile_options.h"
#include "model/replace_file.h"
#include "report/page.h"
#include "scratch_folder.h"
#include "tune/estimate_library.h"

namespace dsq::cli {
namespace {

struct ProfileCommand {
    CompileOptions compile;
    std::string runner, page;
    int rounds = 200;
    double gigahertz = 1.2;
    bool json = false;
};

struct StepCost {
    std::string layer, how;
    double cost = 0, macs = 0;
};

// Of one variant: microseconds, or estimated cycles of a core.
struct Profile {
    std::string target, core;
    std::vector<StepCost> steps;
    double cost = 0, macs = 0;  // of a call
    int threads = 1;
    double parallel_cost = 0;  // of a call on so many

    bool is_estimate() const {
        return !core.empty();
    }
    const char *unit() const {
        return is_estimate() ? "k cycles" : "us";
    }
    const char *speed_unit() const {
        return is_estimate() ? "MAC/cycle" : "GMAC/s";
    }
    double in_unit(double value) const {
        return is_estimate() ? value / 1e3 : value;
    }
    double speed(double of_macs, double of_cost) const {
        if (of_cost <= 0) return 0;
        return is_estimate() ? of_macs / of_cost : of_macs / of_cost / 1e3;
    }
};

// Borders are filled for the layer whose kernel follows: what they cost is that layer's.
void add_steps(const CompiledModel &compiled, std::size_t variant, const std::vector<double> &costs, Profile &profile) {
    profile.threads = compiled.plan.most_tasks;
    profile.target = compiled.plan.variants[variant].target;
    double before = 0;
    const std::vector<KernelNote> &notes = compiled.notes[variant].kernels;
    for (std::size_t step = 0; step < costs.size(); ++step) {
        before += costs[step];
        if (notes[step].writes.empty()) continue;
        const IntegerNode &node = compiled.graph.nodes[static_cast<std::size_t>(notes[step].node)];
        profile.steps.push_back({node.name, notes[step].how, before, notes[step].macs});
        profile.macs += notes[step].macs;
        before = 0;
    }
}

std::string text_of(const char *format, double value) {
    char text[64];
    std::snprintf(text, sizeof text, format, value);
    return text;
}

// What a call takes, as people say it.
std::string summary(const Profile &profile, int batch, double gigahertz) {
    const std::string images = " a call of " + std::to_string(batch) + " images";
    const std::string threads = std::to_string(profile.threads);
    if (!profile.is_estimate()) {
        const std::string parallel =
            profile.threads > 1 ? text_of("; %.1f us on ", profile.parallel_cost) + threads + " threads" : "";
        return text_of("%.1f us", profile.cost) + images +
               text_of(", %.0f images/s, one thread", batch * 1e6 / profile.cost) + parallel;
    }
    const std::string parallel =
        profile.threads > 1 ? text_of("; %.2f ms on ", profile.parallel_cost / gigahertz / 1e6) + threads + " cores"
                            : "";
    return text_of("%.3f M cycles", profile.cost / 1e6) + images + " on " + profile.core + ", estimated" +
           text_of(", %.2f MAC/cycle", profile.speed(profile.macs, profile.cost)) +
           text_of(", %.2f ms", profile.cost / gigahertz / 1e6) + text_of(" at %g GHz", gigahertz) + parallel;
}

void print_table(const Profile &profile, const std::string &sum) {
    constexpr int widest = 40;
    double longest = 0;
    for (const StepCost &step : profile.steps) longest = std::max(longest, step.cost);
    std::printf("%-24s %-22s %9s %9s\n", "layer", "way", profile.unit(), profile.speed_unit());
    for (const StepCost &step : profile.steps) {
        const auto width = static_cast<std::size_t>(longest > 0 ? widest * step.cost / longest : 0);
        std::printf("%-24s %-22s %9.1f %9.1f %s\n",
                    step.layer.c_str(),
                    step.how.c_str(),
                    profile.in_unit(step.cost),
                    profile.speed(step.macs, step.cost),
                    std::string(width, '#').c_str());
    }
    std::printf("%s: %s\n", profile.target.c_str(), sum.c_str());
}

Json to_json(const Profile &profile, int batch) {
    Json list = Json::array();
    const char *unit = profile.is_estimate() ? "cycles" : "microseconds";
    for (const StepCost &step : profile.steps) {
        list.push_back({{"layer", step.layer}, {"way", step.how}, {unit, step.cost}, {"macs", step.macs}});
    }
    Json json{{"target", profile.target}, {unit, profile.cost}};
    if (profile.is_estimate()) {
        json["core"] = profile.core;
        json["macs_per_cycle"] = profile.speed(profile.macs, profile.cost);
    } else {
        json["images_per_second"] = batch * 1e6 / profile.cost;
    }
    if (profile.threads > 1) json["parallel"] = {{"threads", profile.threads}, {unit, profile.parallel_cost}};
    json["layers"] = list;
    return json;
}

Status write_page(const std::string &path, const std::string &name, const Profile &profile, const std::string &sum) {
    Json labels = Json::array(), costs = Json::array(), rows = Json::array();
    for (const StepCost &step : profile.steps) {
        const std::string cost = text_of("%.1f", profile.in_unit(step.cost));
        labels.push_back(step.layer);
        costs.push_back(std::stod(cost));
        rows.push_back({step.layer, step.how, cost, text_of("%.1f", profile.speed(step.macs, step.cost))});
    }
    const Json data{{"name", name},
                    {"tiles", Json::array({Json::array({profile.target, sum})})},
                    {"plots",
                     {{{"title", "What each layer costs"},
                       {"kind", "bars"},
                       {"x", profile.unit()},
                       {"y", ""},
                       {"labels", labels},
                       {"series", {{{"label", profile.unit()}, {"values", costs}}}}}}},
                    {"columns", {"layer", "way", profile.unit(), profile.speed_unit()}},
                    {"rows", rows}};
    const std::string text = plots_page(data);
    const std::span<const std::byte> bytes = std::as_bytes(std::span(text));
    return replace_file(path, {&bytes, 1});
}

Status estimate(const CompiledModel &compiled,
                const ProgramOptions &program,
                const std::string &folder,
                Profile &profile) {
    std::vector<LibraryCycles> cycles;
    Status status =
        estimate_library(compiled.plan, compiled.facts, program.target, {program.core}, folder, cycles);
    if (!status.ok()) return status;
    profile.core = program.core;
    profile.cost = profile.parallel_cost = cycles.front().run;
    add_steps(compiled, 0, cycles.front().steps, profile);
    for (std::size_t step = 0; step < cycles.front().steps.size(); ++step) {  // tasks do the same work, all at once
        const double of_task = cycles.front().steps[step] / compiled.plan.variants[0].kernels[step].tasks;
        profile.parallel_cost -= cycles.front().steps[step] - of_task;
    }
    return {};
}

Status time(
    const CompiledModel &compiled, const ProgramRunner &how, const std::string &folder, int rounds, Profile &profile) {
    LibraryTimes times;
    Status status = profile_library(compiled.plan, compiled.facts, how, folder, rounds, times);
    if (!status.ok()) return status;
    for (double &step : times.steps) step /= 1e3;
    profile.cost = times.run / 1e3;
    profile.parallel_cost = times.parallel_run / 1e3;
    add_steps(compiled, static_cast<std::size_t>(times.variant), times.steps, profile);
    return {};
}

Status profile(const ProfileCommand &command, const Model &model, const ProgramOptions &program) {
    CompiledModel compiled;
    Profile profile;
    const ScratchFolder folder;
    Status status = compile_model(model, program, folder.path(), thread_count(command.compile.threads), compiled);
    if (!status.ok()) return status;
    const bool runs_elsewhere = !program.target.runner.empty() && command.runner.empty();
    status = runs_elsewhere
                 ? estimate(compiled, program, folder.path(), profile)
                 : time(compiled, {program.target.linker, {}, command.runner}, folder.path(), command.rounds, profile);
    if (!status.ok()) return status;
    const std::string sum = summary(profile, program.batch, command.gigahertz);
    if (command.json) {
        print_json(to_json(profile, program.batch));
    } else {
        print_table(profile, sum);
    }
    return command.page.empty() ? Status{} : write_page(command.page, compiled.graph.name, profile, sum);
}

Status run_profile(const ProfileCommand &command) {
    Model model;
    ProgramOptions program;
    if (Status status = open_for_compilation(command.compile, model, program); !status.ok()) return status;
    const Status status = profile(command, model, program);
    return status.ok() ? status : Status{status.code(), command.compile.source.path + ": " + status.message()};
}

}  // namespace

void add_profile(CLI::App &app, Run &run) {
    const auto options = std::make_shared<ProfileCommand>();
    CLI::App *command = add_command(
        app, run, "profile", "Time each step of a model's library, or estimate its cycles", options, run_profile);
    add_compile_options(*command, options->compile);
    command->add_option("--runner",
                        options->runner,
                        "time it on a device: a command that runs a shell command there, 'ssh pi@host'. Without one, "
                        "cycles are estimated for what this machine does not run");
    command->add_option("--rounds", options->rounds, "times are medians of so many")
        ->check(CLI::Range(1, 1 << 20))
        ->capture_default_str();
    command->add_option("--gigahertz", options->gigahertz, "of the core, for milliseconds of estimated cycles")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    command->add_option("--page", options->page, "also write a page with a plot: profile.html");
    command->add_flag("--json", options->json, "print JSON");
}

}  // namespace dsq::cli
