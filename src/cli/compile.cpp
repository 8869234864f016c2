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

// Of one variant, or of all.
struct WeightBytes {
    double read = 0;    // by kernels
    double packed = 0;  // to their bits
};

WeightBytes weight_bytes(const VariantNotes &notes) {
    WeightBytes sum;
    for (const KernelNote &note : notes.kernels) {
        sum.read += static_cast<double>(note.weight_bytes);
        sum.packed += note.packed_bytes;
    }
    return sum;
}

WeightBytes weight_bytes(const CompiledModel &compiled) {
    WeightBytes sum;
    for (const VariantNotes &notes : compiled.notes) {
        const WeightBytes of_variant = weight_bytes(notes);
        sum.read += of_variant.read;
        sum.packed = of_variant.packed;
    }
    return sum;
}

// Of the costs that a variant's layers have in tables; the first one's where tables differ. Empty: none is known.
std::string unit_of(const VariantNotes &notes) {
    for (const KernelNote &note : notes.kernels) {
        if (note.cost > 0) return note.unit;
    }
    return "";
}

// A column, where the variant's layers have costs.
std::string cost_text(const KernelNote &note, const std::string &unit) {
    char text[32] = "";
    if (note.cost > 0 && note.unit == unit) std::snprintf(text, sizeof text, " %9.1f", note.cost / 1e3);
    return text;
}

Json kernel_json(const CompiledModel &compiled, std::size_t variant, std::size_t step) {
    const KernelNote &note = compiled.notes[variant].kernels[step];
    const KernelFacts &facts = compiled.facts.kernels[variant][step];
    Json json{{"layer", compiled.graph.nodes[static_cast<std::size_t>(note.node)].name},
              {"way", note.how},
              {"bits", note.bits},
              {"macs", note.macs},
              {"tasks", compiled.plan.variants[variant].kernels[step].tasks},
              {"code_bytes", facts.code_bytes},
              {"constant_bytes", facts.constant_bytes},
              {"scratch_bytes", facts.scratch_bytes},
              {"weight_bytes", note.weight_bytes},
              {"packed_weight_bytes", note.packed_bytes}};
    if (note.cost > 0) json["cost"] = {{"unit", note.unit}, {"of_image", note.cost}};
    return json;
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
                {"weight_bytes", weight_bytes(compiled).read},
                {"packed_weight_bytes", weight_bytes(compiled).packed},
                {"workspace_bytes", facts.workspace_bytes},
                {"input_bytes", facts.input_bytes},
                {"output_bytes", facts.output_bytes},
                {"seconds", facts.seconds},
                {"variants", variants}});
}

void print_table(const CompiledModel &compiled, std::size_t variant) {
    const std::string unit = unit_of(compiled.notes[variant]);
    const char *cost = unit.empty() ? "" : unit == "cycles" ? "  k cycles" : "        us";
    std::printf("%s\n", compiled.plan.variants[variant].target.c_str());
    std::printf("  %-24s %-14s %-22s %5s %9s %9s %9s%s\n",
                "layer",
                "output",
                "way",
                "bits",
                "M MACs",
                "code",
                "constants",
                cost);
    for (std::size_t step = 0; step < compiled.notes[variant].kernels.size(); ++step) {
        const KernelNote &note = compiled.notes[variant].kernels[step];
        if (note.writes.empty()) continue;
        const KernelFacts &facts = compiled.facts.kernels[variant][step];
        const int tasks = compiled.plan.variants[variant].kernels[step].tasks;
        std::printf("  %-24s %-14s %-22s %5s %9.3f %9zu %9zu%s\n",
                    compiled.graph.nodes[static_cast<std::size_t>(note.node)].name.c_str(),
                    shape_text(compiled.graph.tensors[static_cast<std::size_t>(note.writes.front())].shape).c_str(),
                    (note.how + (tasks > 1 ? ", " + std::to_string(tasks) + " tasks" : "")).c_str(),
                    note.bits.c_str(),
                    note.macs / 1e6,
                    facts.code_bytes,
                    facts.constant_bytes,
                    cost_text(note, unit).c_str());
    }
}

void print_result(const CompiledModel &compiled) {
    for (std::size_t variant = 0; variant < compiled.plan.variants.size(); ++variant) print_table(compiled, variant);
    const LibraryFacts &facts = compiled.facts;
    std::printf("Library:   %s (%.1f KiB of code, %.1f KiB of constants)\n",
                facts.archive.c_str(),
                static_cast<double>(facts.code_bytes) / 1024,
                static_cast<double>(facts.constant_bytes) / 1024);
    const WeightBytes weights = weight_bytes(compiled);
    const std::size_t sets = compiled.notes.size();
    std::printf("Weights:   %.1f KiB as kernels read them%s, %.1f KiB packed to their bits\n",
                weights.read / 1024,
                sets > 1 ? (" (" + std::to_string(sets) + " instruction sets)").c_str() : "",
                weights.packed / 1024);
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
