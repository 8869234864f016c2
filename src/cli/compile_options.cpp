#include "compile_options.h"

#include <algorithm>
#include <cctype>
#include <thread>

namespace dsq::cli {

void add_compile_options(CLI::App &command, CompileOptions &options) {
    command.add_option("MODEL", options.source.path, "model of dsq, or a PyTorch state dict with --network")
        ->required();
    command.add_option("--network", options.source.network, "MODEL is a PyTorch state dict of this network: resnet20");
    std::string targets;
    for (const CompileTarget &target : compile_targets()) targets += (targets.empty() ? "" : ", ") + target.name;
    command.add_option("--target", options.target, "what the library is for: " + targets)->capture_default_str();
    command.add_option("--core", options.core, "what it is fastest on: cortex-a53, ...; default: the target's first");
    command.add_option("--name", options.name, "of library and functions; default: the network's");
    command.add_option("--batch", options.batch, "images of one call")
        ->check(CLI::Range(1, 1024))
        ->capture_default_str();
    command
        .add_option("--parallel",
                    options.parallel,
                    "tasks that a layer is split into, for <name>_run_parallel; 1: without that")
        ->check(CLI::Range(1, 256))
        ->capture_default_str();
    command.add_flag("--float-input", options.float_input, "images are float from 0 to 1 instead of bytes");
    command.add_option(
        "--tuned", options.tables, "tables of dsq tune, before those that dsq has: tuned/cortex-a53.json");
    command.add_option("--threads", options.threads, "0: one for each core")
        ->check(CLI::Range(0, 256))
        ->capture_default_str();
}

Status open_for_compilation(const CompileOptions &options, Model &model, ProgramOptions &program) {
    program.core = options.core;
    program.batch = options.batch;
    program.most_tasks = options.parallel;
    program.pixels = options.float_input ? ElementType::f32 : ElementType::u8;
    Status status = find_target(options.target, program.core, program.target);
    if (status.ok()) status = open_model(options.source, {}, model);
    for (const std::string &path : options.tables) {
        program.tables.emplace_back();
        if (status.ok()) status = read_tuned_table(path, program.tables.back());
    }
    if (!status.ok()) return status;
    program.name = options.name.empty() ? model.network.name : options.name;
    return {};
}

int thread_count(int threads) {
    return threads > 0 ? threads : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace dsq::cli
