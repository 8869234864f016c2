/// The functions of a library that its users call, as a Halide module.
#pragma once

#include <Halide.h>

#include <string>

#include "compile/program_plan.h"

namespace dsq {

/// What they return, besides 0.
enum class EntryError : int { null_pointer = 1, no_such_step = 2, unsupported_processor = 3 };

/// The symbol of a kernel: the program's name first, so that several libraries fit into one program.
std::string kernel_symbol(const ProgramPlan &plan, std::size_t variant, const KernelPlan &kernel);

/// The bits that dsq_processor_has takes (runtime/processor.h). Error: a requirement that it does not know.
Status processor_bits(const std::vector<std::string> &requirements, unsigned &bits);

/// <name>_run, <name>_step and <name>_variant, and where kernels have tasks <name>_task_count and <name>_task
/// (compile/library_header.h). The requirements of `plan` are known ones.
Halide::Module make_entry_points(const ProgramPlan &plan);

}  // namespace dsq
