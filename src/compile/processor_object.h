/// runtime/processor.cpp, compiled for x86-64 Linux when dsq is built: an object file for libraries that need it.
#pragma once

#include <string_view>

namespace dsq {

extern const std::string_view processor_object;

}  // namespace dsq
