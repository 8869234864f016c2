// dsq compile: a trained model as a static library for a target.
#include <cstdio>

#include "compile_options.h"

namespace dsq::cli {
namespace {

struct CompileCommand {
    CompileOptions compile;
    std::string folder;
    bool json = false;
};

std::string shape_text(const Shape &shape) {
    return std::to_string(shape.channels) + " x " + std::to_string(shape.height) + " x " + std::to_string(shape.width);
}

Json kernel_json(const CompiledModel &compiled, std::size_t variant, std::size_t step) {
    const KernelNote &note = compiled.notes[variant].kernels[step];
    const KernelFacts &facts = compiled.facts.kernels[variant][step];
    return {{"layer", compiled.graph.nodes[static_cast<std::size_t>(note.node)].name},
            {"way", note.how},
            {"bits", note.bits},
            {"macs", note.macs},
            {"tasks", compiled.plan.variants[variant].kernels[step].tasks},
            {"code_bytes", facts.code_bytes},
            {"constant_bytes", facts.constant_bytes},
            {"scratch_bytes", facts.scratch_bytes}};
}

void print_result_json(const CompiledModel &compiled) {
    const LibraryFacts &facts = compiled.facts;
    Json variants = Json::array();
    for (std::size_t variant = 0; variant < compiled.plan.variants.size(); ++variant) {
        Json kernels = Json::array();
        for (std::size_t step = 0; step < compiled.notes[variant].kernels.size(); ++step) {
            kernels.push_back(kernel_json(compiled, variant, step));
        }
        variants.push_back({{"target", compiled.plan.variants[variant].target}, {"kernels", kernels}});
    }
    print_json({{"library", facts.archive},
                {"header", facts.header},
                {"code_bytes", facts.code_bytes},
                {"constant_bytes", facts.constant_bytes},
                {"workspace_bytes", facts.workspace_bytes},
                {"input_bytes", facts.input_bytes},
                {"output_bytes", facts.output_bytes},
                {"seconds", facts.seconds},
                {"variants", variants}});
}

void print_table(const CompiledModel &compiled, std::size_t variant) {
    std::printf("%s\n", compiled.plan.variants[variant].target.c_str());
    std::printf(
        "  %-24s %-14s %-22s %5s %9s %9s %9s\n", "layer", "output", "way", "bits", "M MACs", "code", "constants");
    for (std::size_t step = 0; step < compiled.notes[variant].kernels.size(); ++step) {
        const KernelNote &note = compiled.notes[variant].kernels[step];
        if (note.writes.empty()) continue;
        const KernelFacts &facts = compiled.facts.kernels[variant][step];
        const int tasks = compiled.plan.variants[variant].kernels[step].tasks;
        std::printf("  %-24s %-14s %-22s %5s %9.3f %9zu %9zu\n",
                    compiled.graph.nodes[static_cast<std::size_t>(note.node)].name.c_str(),
                    shape_text(compiled.graph.tensors[static_cast<std::size_t>(note.writes.front())].shape).c_str(),
                    (note.how + (tasks > 1 ? ", " + std::to_string(tasks) + " tasks" : "")).c_str(),
                    note.bits.c_str(),
                    note.macs / 1e6,
                    facts.code_bytes,
                    facts.constant_bytes);
    }
}

void print_result(const CompiledModel &compiled) {
    for (std::size_t variant = 0; variant < compiled.plan.variants.size(); ++variant) print_table(compiled, variant);
    const LibraryFacts &facts = compiled.facts;
    std::printf("Library:   %s (%.1f KiB of code, %.1f KiB of constants)\n",
                facts.archive.c_str(),
                static_cast<double>(facts.code_bytes) / 1024,
                static_cast<double>(facts.constant_bytes) / 1024);
    std::printf("Header:    %s\n", facts.header.c_str());
    std::printf("Workspace: %.1f KiB\n", static_cast<double>(facts.workspace_bytes) / 1024);
    std::printf("Compiled in %.1f s\n", facts.seconds);
}

Status run_compile(const CompileCommand &command) {
    Model model;
    ProgramOptions program;
    CompiledModel compiled;
    if (Status status = open_for_compilation(command.compile, model, program); !status.ok()) return status;
    const Status status =
        compile_model(model, program, command.folder, thread_count(command.compile.threads), compiled);
    if (!status.ok()) return {status.code(), command.compile.source.path + ": " + status.message()};
    if (command.json) {
        print_result_json(compiled);
    } else {
        print_result(compiled);
    }
    return {};
}

}  // namespace

void add_compile(CLI::App &app, Run &run) {
    const auto options = std::make_shared<CompileCommand>();
    CLI::App *command =
        add_command(app, run, "compile", "Make a static library and a C header of a model", options, run_compile);
    add_compile_options(*command, options->compile);
    command->add_option("-o,--output", options->folder, "folder of the library and its header")->required();
    command->add_flag("--json", options->json, "print JSON");
}

}  // namespace dsq::cli
