/// The sources of programs that a library is linked into (runtime/), which dsq holds, and QEMU's plugin for
/// tune/arm_cycles.h, as it is loaded.
#pragma once

#include <string_view>

namespace dsq {

extern const std::string_view observe_program, profile_program, block_counts_plugin;

}  // namespace dsq
