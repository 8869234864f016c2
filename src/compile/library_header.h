/// The C header of a compiled library.
#pragma once

#include <cstddef>
#include <string>

#include "compile/program_check.h"
#include "compile/program_plan.h"

namespace dsq {

/// Plain C99 and C++. workspace_bytes: of the largest variant.
std::string library_header(const ProgramPlan &plan, const ProgramSizes &sizes, std::size_t workspace_bytes);

}  // namespace dsq
