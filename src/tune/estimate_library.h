/// The cycles that a compiled library takes on Arm cores, step by step, without a board.
#pragma once

#include <string>
#include <vector>

#include "compile/compile_model.h"

namespace dsq {

struct LibraryCycles {
    double run = 0;             ///< of one call: all steps, and what they call of libc
    std::vector<double> steps;  ///< of the plan's kernels
};

/// For a library with one variant, for a target that has an estimator (CompileTarget::analyzer). Links it into a
/// program in `folder`, and says for each of the cores what its second call takes. Error: kernel_failed, with what the
/// linker, the emulator or a tool said.
Status estimate_library(const ProgramPlan &plan,
                        const LibraryFacts &facts,
                        const CompileTarget &target,
                        const std::vector<std::string> &cores,
                        const std::string &folder,
                        std::vector<LibraryCycles> &cycles);

}  // namespace dsq
