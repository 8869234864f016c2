/// Work done by a process of its own.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "dsq/status.h"

namespace dsq {

/// Halide numbers names through the life of a process, and the code that it makes depends a little on them: in a
/// process that has not compiled yet, the same kernel becomes the same code each time. What ends that process does not
/// end this one.
///
/// `work` writes the answer, which is lost where it fails. Errors: those of `work`; kernel_failed where its process
/// ends before it is done.
Status run_in_child(const std::function<Status(std::vector<std::byte> &answer)> &work, std::vector<std::byte> &answer);

}  // namespace dsq
