/// Commands of a shell: linkers, runners and tools that the user has.
#pragma once

#include <string>
#include <vector>

#include "dsq/status.h"

namespace dsq {

/// A word as a shell reads it, whatever is in it.
std::string quoted(const std::string &word);
/// Words as a command.
std::string command_of(const std::vector<std::string> &words);
/// All of a file; nothing where there is none.
std::string content_of(const std::string &path);

/// Runs a command; its standard error goes into the file `errors`. Error: kernel_failed, with the command and that
/// file, where it fails.
Status run_command(const std::string &command, const std::string &errors);

}  // namespace dsq
