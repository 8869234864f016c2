/// How far two names are from each other.
#pragma once

#include <cstddef>
#include <string_view>

namespace dsq {

/// How many letters must be put in, taken out or changed (Levenshtein).
std::size_t edit_distance(std::string_view from, std::string_view to);

}  // namespace dsq
