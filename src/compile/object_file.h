/// What is in an object file: 64-bit ELF, little endian, as Halide writes it.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "dsq/status.h"

namespace dsq {

struct ObjectFacts {
    std::size_t code_bytes = 0;
    std::size_t constant_bytes = 0;
    std::size_t writable_bytes = 0;      ///< of variables, initialized or not
    std::vector<std::string> undefined;  ///< symbols that another object defines
};

/// Error: invalid_file, where sections or symbols do not lie in the file, or the file is not of this kind.
Status read_object(std::span<const std::byte> file, ObjectFacts &facts);

}  // namespace dsq
