#include "compile/library_program.h"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace dsq {
namespace {

std::string quoted(const std::string &word) {
    std::string text = "'";
    for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return text + "'";
}

std::string command_of(const std::vector<std::string> &words) {
    std::string command;
    for (const std::string &word : words) command += quoted(word) + " ";
    return command;
}

std::string content_of(const std::string &path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

// Runs a shell command; its standard error is told where it fails.
Status run_command(const std::string &command, const std::string &errors) {
    const std::string redirected = command + " 2> " + quoted(errors);
    if (std::system(redirected.c_str()) == 0) return {};  // NOLINT(cert-env33-c): the user's own linker and runner
    return {ErrorCode::kernel_failed, "command failed: " + command + "\n" + content_of(errors)};
}

}  // namespace

Status LibraryProgram::link(std::string_view source, const CompiledModel &compiled) {
    std::ofstream(path("program.cpp"), std::ios::binary) << source;
    std::vector<std::string> words = how_.linker;
    words.insert(words.end(), {"-std=c++20", "-O1"});
    for (const char *function : {"run", "step", "variant"}) {
        std::string macro = function;
        for (char &letter : macro) letter = static_cast<char>(letter - 'a' + 'A');
        words.push_back("-DDSQ_" + macro + "=" + compiled.plan.name + "_" + function);
    }
    words.insert(words.end(), {path("program.cpp"), compiled.facts.archive, "-o", path("program")});
    const Status status = run_command(command_of(words), path("errors"));
    if (!status.ok() || how_.remote.empty()) return status;
    remote_program_ = "/tmp/dsq_" + compiled.plan.name + "_" + std::to_string(getpid());
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
