/// Puts the places and numbers of a plan into the code of a lowered Halide function: what is left takes three pointers,
/// allocates nothing and calls nothing of Halide's runtime. With several tasks it takes which one it is, too.
#pragma once

#include <Halide.h>

#include <cstddef>
#include <map>
#include <string>

#include "compile/program_plan.h"
#include "dsq/status.h"

namespace dsq {

/// By the names that the function's body has for them.
struct KernelBinding {
    std::map<std::string, const BufferPlan *> buffers;
    std::map<std::string, Halide::Expr> scalars;  ///< constants
    std::size_t scratch_offset = 0;               ///< in the workspace, for results that are too large for the stack
    int tasks = 1;
};

/// The name that an argument of the caller, "input", "output", "workspace" or "task", has in bodies: none of a
/// generator's own.
std::string entry_argument(const std::string &name);

/// `scratch_bytes`: how much of the workspace is used from binding.scratch_offset on, by all tasks.
/// Errors: a check of the function that the plan does not pass; an intermediate result whose size is not constant.
Status bind_kernel(const KernelBinding &binding, Halide::Internal::Stmt &body, std::size_t &scratch_bytes);

/// A buffer at Place::constants, as a module takes it for the bodies that name it.
Halide::Buffer<> embedded_constants(const std::string &name, const BufferPlan &buffer);

}  // namespace dsq
