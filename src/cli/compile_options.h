/// What the subcommands share that compile a model.
#pragma once

#include <string>

#include "commands.h"
#include "compile/compile_model.h"
#include "open_model.h"

namespace dsq::cli {

struct CompileOptions {
    ModelSource source;
    std::string target = "x86-64-linux";
    std::string core;  ///< empty: the target's first
    std::string name;  ///< of the library; empty: the network's
    int batch = 1;
    int parallel = 1;
    bool float_input = false;
    std::vector<std::string> tables;  ///< of tuned choices
    int threads = 0;
};

void add_compile_options(CLI::App &command, CompileOptions &options);

/// Error: as open_model, find_target and read_tuned_table.
Status open_for_compilation(const CompileOptions &options, Model &model, ProgramOptions &program);

/// 0 as one for each core.
int thread_count(int threads);

}  // namespace dsq::cli
