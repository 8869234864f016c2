/// From a plan to a static library and its C header, by Halide in this process: no compiler is called.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "compile/program_plan.h"
#include "dsq/status.h"

namespace dsq {

struct KernelFacts {
    std::string name;
    std::size_t code_bytes = 0;
    std::size_t constant_bytes = 0;  ///< weights, thresholds and what the code itself needs
    std::size_t scratch_bytes = 0;   ///< of the workspace, behind the tensors; kernels share it
    double seconds = 0.0;            ///< of its compilation
};

struct LibraryFacts {
    std::string archive, header;                     ///< paths
    std::vector<std::vector<KernelFacts>> kernels;   ///< of each variant, in the order of the plan
    std::size_t code_bytes = 0, constant_bytes = 0;  ///< of the whole archive
    std::size_t input_bytes = 0, output_bytes = 0, workspace_bytes = 0;
    double seconds = 0.0;
};

/// Writes `folder`/lib<name>.a and `folder`/<name>.h (library_header.h tells what is in it); makes the folder if it is
/// not there. The library defines what library_header.h tells, all other symbols begin with the name or
/// are weak; it has no variables and needs memset and memcpy at most. `threads` kernels compile at once, at least 1,
/// each in a process of its own (child_process.h): the library depends neither on how many nor on what was compiled
/// before.
///
/// Errors, each naming the kernel or the file, with nothing left in `folder`: those of check_program and
/// make_kernel_module; a kernel that needs Halide's runtime; files that cannot be written.
Status build_library(const ProgramPlan &plan, const std::string &folder, int threads, LibraryFacts &facts);

}  // namespace dsq
