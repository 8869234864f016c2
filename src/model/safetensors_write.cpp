#include <exception>
#include <nlohmann/json.hpp>
#include <utility>

#include "model/replace_file.h"
#include "model/safetensors.h"
#include "model/safetensors_header.h"

namespace dsq {
namespace {

using nlohmann::json;
using safetensors::quote;

using Parts = std::vector<std::span<const std::byte>>;

Status invalid(const std::string &path,
               const std::string &where,
               const std::string &expected,
               const std::string &found) {
    return {ErrorCode::invalid_argument, path + ": " + where + ": expected " + expected + ", found " + found};
}

/// Appends the text as JSON; false if it is not UTF-8, for which the JSON would stand for another text.
bool append_json(std::string &header, const std::string &text) {
    const std::string written = json(text).dump(-1, ' ', false, json::error_handler_t::replace);
    header += written;
    return json::parse(written, nullptr, false) == text;
}

Status append_metadata(const std::string &path, const TensorFile &file, std::string &header) {
    header += quote(safetensors::metadata_key) + ":{";
    const char *separator = "";
    for (const auto &[key, text] : file.metadata) {
        header += std::exchange(separator, ",");
        bool is_utf8 = append_json(header, key);
        header += ':';
        is_utf8 = append_json(header, text) && is_utf8;
        if (!is_utf8) {
            const std::string where = std::string(safetensors::metadata_key) + ", key " + quote(key);
            return invalid(path, where, "UTF-8", quote(text));
        }
    }
    header += '}';
    return {};
}

Status check_tensor(const std::string &path, const std::string &name, const Tensor &tensor) {
    const std::string where = "tensor " + quote(name);
    if (name == safetensors::metadata_key) {
        return invalid(path, where, "another name", "the key of the metadata");
    }
    const std::optional<std::uint64_t> size = byte_size(tensor.type, tensor.shape);
    if (!size) {
        return invalid(path, where + ", shape", "sizes of at least 0, and at most 2^63 - 1 bytes", "others");
    }
    if (tensor.bytes.size() != *size) {
        const std::string expected = std::to_string(*size) + " of " + std::string(element_name(tensor.type));
        return invalid(path, where + ", bytes", expected, std::to_string(tensor.bytes.size()));
    }
    return {};
}

Status append_tensors(const std::string &path, const TensorFile &file, std::string &header, Parts &parts) {
    std::uint64_t offset = 0;
    for (const auto &[name, tensor] : file.tensors) {
        if (Status status = check_tensor(path, name, tensor); !status.ok()) {
            return status;
        }
        header += header.back() == '{' ? "" : ",";
        if (!append_json(header, name)) {
            return invalid(path, "tensor " + quote(name), "a name in UTF-8", "another");
        }
        const std::uint64_t end = offset + tensor.bytes.size();
        header += R"(:{"dtype":")" + std::string(element_name(tensor.type)) + R"(","shape":)" +
                  json(tensor.shape).dump() + R"(,"data_offsets":[)" + std::to_string(offset) + ',' +
                  std::to_string(end) + "]}";
        parts.emplace_back(tensor.bytes);
        offset = end;
    }
    return {};
}

/// Padded, so that the data begins at a multiple of 8.
Status make_header(const std::string &path, const TensorFile &file, std::string &header, Parts &parts) {
    header = "{";
    if (!file.metadata.empty()) {
        if (Status status = append_metadata(path, file, header); !status.ok()) {
            return status;
        }
    }
    if (Status status = append_tensors(path, file, header, parts); !status.ok()) {
        return status;
    }
    header += '}';
    header.resize((header.size() + 7) / 8 * 8, ' ');
    if (header.size() > safetensors::largest_header) {
        const std::string expected = "at most " + std::to_string(safetensors::largest_header) + " bytes";
        return invalid(path, "header", expected, std::to_string(header.size()));
    }
    return {};
}

Status write_file(const std::string &path, const TensorFile &file) {
    std::string header;
    Parts parts(2);
    if (Status status = make_header(path, file, header, parts); !status.ok()) {
        return status;
    }
    const std::uint64_t length = header.size();
    parts[0] = std::as_bytes(std::span(&length, 1));
    parts[1] = std::as_bytes(std::span(header));
    return replace_file(path, parts);
}

}  // namespace

Status write_safetensors(const std::string &path, const TensorFile &file) {
    try {
        return write_file(path, file);
    } catch (const std::exception &error) {
        return {ErrorCode::invalid_file,
                path + ": expected enough memory to write it, found " + std::string(error.what())};
    }
}

}  // namespace dsq
