/// Runs a compiled library, here or elsewhere, and gives all tensors that its steps write.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "compile/library_program.h"
#include "model/integer_nodes.h"

namespace dsq {

struct Observation {
    ProgramRunner program;
    bool logits_only = false;  ///< other tensors are left empty
};

/// Called for each run with the tensors of its images, as the graph has them: [image][y][x][channel].
using Observer = std::function<Status(int run, const std::vector<TensorValues> &tensors)>;

/// Links the library in `folder` and runs its variant number `variant` on `runs` batches of images. A tensor whose
/// border is not its padding is an error too. Errors: invalid_file, kernel_failed, with what the linker or the program
/// said; those of the observer.
Status observe_library(const CompiledModel &compiled,
                       std::size_t variant,
                       const std::string &folder,
                       const Observation &how,
                       std::span<const std::uint8_t> images,
                       int runs,
                       const Observer &observer);

}  // namespace dsq
