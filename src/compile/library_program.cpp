#include "compile/library_program.h"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <fstream>

#include "compile/shell.h"

namespace dsq {

Status LibraryProgram::link(std::string_view source,
                            const ProgramPlan &plan,
                            const std::string &archive,
                            bool with_tasks) {
    std::ofstream(path("program.cpp"), std::ios::binary) << source;
    std::vector<std::string> words = how_.linker;
    words.insert(words.end(), {"-std=c++20", "-O1"});
    std::vector<std::string> functions{"run", "step", "variant"};
    if (with_tasks && plan.most_tasks > 1) {
        functions.insert(functions.end(), {"task", "task_count"});
        words.insert(words.end(), {"-pthread", "-DDSQ_TASKS=" + std::to_string(plan.most_tasks)});
    }
    for (const std::string &function : functions) {
        std::string option = "-DDSQ_" + function;
        std::ranges::transform(
            option, option.begin(), [](char letter) { return static_cast<char>(std::toupper(letter)); });
        words.push_back(option.append("=").append(plan.name).append("_").append(function));
    }
    words.insert(words.end(), {path("program.cpp"), archive, "-o", path("program")});
    const Status status = run_command(command_of(words), path("errors"));
    if (!status.ok() || how_.remote.empty()) return status;
    remote_program_ = "/tmp/dsq_" + plan.name + "_" + std::to_string(getpid());
    const std::string copy = "cat > " + remote_program_ + " && chmod +x " + remote_program_;
    return run_command(how_.remote + " " + quoted(copy) + " < " + quoted(path("program")), path("errors"));
}

std::string LibraryProgram::command(const std::string &request) const {
    std::vector<std::string> words = how_.runner;
    words.push_back(path("program"));
    const std::string remote = remote_program_ + "; status=$?; rm " + remote_program_ + "; exit $status";
    const std::string program = how_.remote.empty() ? command_of(words) : how_.remote + " " + quoted(remote);
    return program + " < " + quoted(request) + " 2> " + quoted(path("errors"));
}

std::string LibraryProgram::errors() const {
    return content_of(path("errors"));
}

}  // namespace dsq
