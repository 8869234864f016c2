/// The files of schedules/tuned/, in the program itself.
#pragma once

#include <string_view>
#include <vector>

namespace dsq {

std::vector<std::string_view> shipped_tables();

}  // namespace dsq
