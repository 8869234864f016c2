/// A program that a compiled library is linked into, and run with: here, through the target's emulator, or on a device.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compile/compile_model.h"

namespace dsq {

/// How a program for the library's target is linked, and run.
struct ProgramRunner {
    std::vector<std::string> linker;  ///< a C++ compiler and its options
    std::vector<std::string> runner;  ///< words before the program: an emulator; empty: none
    std::string remote;               ///< "ssh pi@host": a command that runs a shell command on a device; or empty
};

class LibraryProgram {
public:
    /// `folder` holds the program's files.
    LibraryProgram(ProgramRunner how, std::string folder) : how_(std::move(how)), folder_(std::move(folder)) {
    }

    /// Compiles `source`, C++ that is given the library's function names as DSQ_RUN, DSQ_STEP and DSQ_VARIANT, links
    /// the library, and brings the program to the device. `with_tasks`: if the plan has any, also DSQ_TASK,
    /// DSQ_TASK_COUNT and DSQ_TASKS, the most of a layer. Error: kernel_failed, with what the compiler said.
    Status link(std::string_view source, const ProgramPlan &plan, const std::string &archive, bool with_tasks = false);

    /// The shell command that runs it with the file `request` as its standard input.
    std::string command(const std::string &request) const;

    /// What the program said to its standard error.
    std::string errors() const;
    std::string path(const std::string &name) const {
        return folder_ + "/" + name;
    }

private:
    ProgramRunner how_;
    std::string folder_, remote_program_;
};

}  // namespace dsq
