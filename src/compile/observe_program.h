// The source of runtime/observe_program.cpp, which dsq holds.
#pragma once

#include <string_view>

namespace dsq {

extern const std::string_view observe_program;

}  // namespace dsq
