/// A library built by a process of its own.
#pragma once

#include <string>

#include "compile/build_library.h"

namespace dsq {

/// As build_library, on one thread. Halide numbers names through the life of a process, and the code depends a little
/// on them: from a process that has not compiled yet, the same plan gives the same code each time. Facts are those of
/// the whole library alone. Error: kernel_failed too, where the process ends before it is done.
Status build_in_child(const ProgramPlan &plan, const std::string &folder, LibraryFacts &facts);

}  // namespace dsq
