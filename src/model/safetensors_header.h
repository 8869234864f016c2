/// The header of a safetensors file: what it says of each tensor.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "dsq/status.h"
#include "model/safetensors.h"

namespace dsq::safetensors {

inline constexpr std::uint64_t largest_header = 100'000'000;
inline constexpr std::string_view metadata_key = "__metadata__";

/// Where a tensor lies: from byte `begin` of the data to before byte `end`.
struct Entry {
    ElementType type = ElementType::f32;
    std::vector<std::int64_t> shape;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
};

struct Header {
    std::map<std::string, Entry> tensors;
    std::map<std::string, std::string> metadata;
};

/// Refuses what is not JSON of the right form; whether offsets and shapes fit each other and the file is not looked at.
Status parse_header(const std::string &path, std::string_view text, Header &header);

/// For messages: the first characters of a text in quotes, so that no text from a file can garble a line.
std::string quote(std::string_view text);

/// "PATH: WHERE: expected ..., found ..."
Status refusal(const std::string &path,
               const std::string &where,
               const std::string &expected,
               const std::string &found);

}  // namespace dsq::safetensors
