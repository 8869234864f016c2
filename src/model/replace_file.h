/// Writes a file so that, whenever the program or the machine stops, the old file or the new one is there, whole.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "dsq/status.h"

namespace dsq {

/// The parts, one after the other, under a temporary name in the same folder; then synced, renamed, and the folder
/// synced. Error: invalid_file. The old file is as it was then, except where only the folder could not be synced: the
/// message says so. The temporary file is removed, unless the process is killed: `path`.<process>.<number>.tmp stays
/// then.
Status replace_file(const std::string &path, std::span<const std::span<const std::byte>> parts);

}  // namespace dsq
