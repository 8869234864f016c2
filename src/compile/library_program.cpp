#include "compile/library_program.h"

#include <unistd.h>

#include <fstream>

#include "compile/shell.h"

namespace dsq {

Status LibraryProgram::link(std::string_view source, const ProgramPlan &plan, const std::string &archive) {
    std::ofstream(path("program.cpp"), std::ios::binary) << source;
    std::vector<std::string> words = how_.linker;
    words.insert(words.end(), {"-std=c++20", "-O1"});
    for (const char *function : {"run", "step", "variant"}) {
        std::string macro = function;
        for (char &letter : macro) letter = static_cast<char>(letter - 'a' + 'A');
        words.push_back("-DDSQ_" + macro + "=" + plan.name + "_" + function);
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
