/// The program `dsq` as a user meets it.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <string>

#include "tests/support/temporary_folder.h"

namespace dsq {

struct Ended {
    int code = 0;
    std::string output, errors;
};

class Program : public testing::Test {
protected:
    Ended run(const std::string &arguments) const {
        const std::string errors = folder.path("errors");
        const std::string command = std::string(DSQ_PROGRAM) + " " + arguments + " 2>'" + errors + "'";
        Ended ended;
        std::FILE *pipe = popen(command.c_str(), "r");
        std::array<char, 4096> block{};
        for (std::size_t count = 1; count > 0; ended.output.append(block.data(), count)) {
            count = std::fread(block.data(), 1, block.size(), pipe);
        }
        const int status = pclose(pipe);
        ended.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        ended.errors = file_text(errors);
        return ended;
    }
    /// Ends with 1, says this on standard error, and nothing else.
    void expect_error(const std::string &arguments, const std::string &message) const {
        const Ended ended = run(arguments);
        EXPECT_EQ(ended.code, 1) << arguments;
        EXPECT_EQ(ended.errors, "dsq: " + message + "\n");
        EXPECT_EQ(ended.output, "") << arguments;
    }

    TemporaryFolder folder;
};

}  // namespace dsq
