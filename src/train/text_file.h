/// A file read as text.
#pragma once

#include <string>

#include "dsq/status.h"

namespace dsq {

/// Error: invalid_file, "PATH: expected WHAT, found: REASON"; `text` is unchanged then.
Status read_text_file(const std::string &path, const std::string &what, std::string &text);

}  // namespace dsq
