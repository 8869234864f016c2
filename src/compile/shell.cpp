#include "compile/shell.h"

#include <cstdio>
#include <fstream>
#include <iterator>

namespace dsq {

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
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

Status run_command(const std::string &command, const std::string &errors) {
    const std::string redirected = command + " 2> " + quoted(errors);
    // The user's own tools; not by std::system, which keeps an interrupt from this program while they run.
    std::FILE *pipe = popen(redirected.c_str(), "we");  // NOLINT(cert-env33-c)
    if (pipe != nullptr && pclose(pipe) == 0) return {};
    return {ErrorCode::kernel_failed, "command failed: " + command + "\n" + content_of(errors)};
}

}  // namespace dsq
