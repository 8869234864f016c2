/// The sources of programs that a library is linked into (runtime/), which dsq holds.
#pragma once

#include <string_view>

namespace dsq {

extern const std::string_view observe_program, profile_program;

}  // namespace dsq
