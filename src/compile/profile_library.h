/// Times a compiled library on the machine that it is for.
#pragma once

#include <string>
#include <vector>

#include "compile/library_program.h"

namespace dsq {

/// Medians of several rounds, in nanoseconds.
struct LibraryTimes {
    int variant = 0;  ///< that the processor runs
    double run = 0;   ///< of one call, a batch
    std::vector<double> steps;
    double parallel_run = 0;  ///< of one on as many threads as the plan has tasks at most; 0 where that is one
};

/// What runtime/profile_program.cpp reads: so many calls of the library, and of each of its first `steps` steps, with a
/// random input. Error: invalid_file.
Status write_profile_request(const std::string &path, const LibraryFacts &facts, std::size_t steps, int rounds);

/// Links the library into a program in `folder` and runs that on one thread, and on as many as layers have tasks.
/// Error: kernel_failed, with what the compiler or the program said.
Status profile_library(const ProgramPlan &plan,
                       const LibraryFacts &facts,
                       const ProgramRunner &how,
                       const std::string &folder,
                       int rounds,
                       LibraryTimes &times);

}  // namespace dsq
