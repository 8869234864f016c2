/// What of a plan can be checked without Halide, and the sizes that follow from it.
#pragma once

#include <cstddef>

#include "compile/program_plan.h"
#include "dsq/status.h"

namespace dsq {

/// From the least index of a buffer to the greatest, as so many tasks see it.
std::size_t byte_span(const BufferPlan &buffer, int tasks = 1);

struct ProgramSizes {
    std::size_t input_bytes = 0, output_bytes = 0;  ///< the same in all variants
};

/// Errors, each naming variant, kernel and buffer: names that are no C identifiers or not unique; targets that Halide
/// does not know are not found here; an extent or a stride below 1; a place that is not aligned to the elements, or
/// that does not lie in the workspace; constants of another size; no tasks, or more than the plan's most.
Status check_program(const ProgramPlan &plan, ProgramSizes &sizes);

}  // namespace dsq
