/// Runs a command as a user would.
#pragma once

#include <array>
#include <cstdio>
#include <string>
#include <utility>

namespace dsq::tests {

/// The output and errors of a command of the shell, and its exit code.
inline std::pair<std::string, int> run(const std::string &command) {
    std::string text;
    FILE *pipe = popen(("{ " + command + "; } 2>&1").c_str(), "r");
    if (!pipe) return {"no shell", -1};
    std::array<char, 4096> part{};
    for (std::size_t count = 0; (count = fread(part.data(), 1, part.size(), pipe)) > 0;)
        text.append(part.data(), count);
    return {text, pclose(pipe)};
}

}  // namespace dsq::tests
