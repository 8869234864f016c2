#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <functional>
#include <system_error>

#include "model/file_descriptor.h"
#include "model/safetensors.h"
#include "model/safetensors_header.h"

namespace dsq {
namespace {

using safetensors::Entry;
using safetensors::Header;
using safetensors::quote;
using safetensors::refusal;

/// A file, or bytes that stand for one.
struct Source {
    const std::string &name;
    std::uint64_t size = 0;
    /// Fills `bytes` from byte `offset` on.
    std::function<Status(std::uint64_t offset, std::span<std::byte> bytes)> read;
};

Status failure(const std::string &path, const std::string &text) {
    return {ErrorCode::invalid_file, path + ": " + text};
}

std::string shape_text(const std::vector<std::int64_t> &shape) {
    constexpr std::size_t most = 8;
    std::string text;
    for (std::size_t i = 0; i < std::min(most, shape.size()); ++i) {
        text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
    }
    return "[" + text + (shape.size() > most ? ", ...]" : "]");
}

/// That type, shape and offsets of one tensor agree.
Status check_entry(const Source &source, const std::string &name, const Entry &entry, std::uint64_t data_size) {
    const std::string where = "tensor " + quote(name);
    const std::string offsets = std::string("[") + std::to_string(entry.begin) + ", " + std::to_string(entry.end) + "]";
    const std::optional<std::uint64_t> size = byte_size(entry.type, entry.shape);
    if (!size) {
        return refusal(source.name, where + ", shape", "at most 2^63 - 1 bytes", shape_text(entry.shape));
    }
    if (entry.begin > entry.end || entry.end - entry.begin != *size) {
        const std::string expected = std::to_string(*size) + " bytes (" + std::string(element_name(entry.type)) + ", " +
                                     shape_text(entry.shape) + ")";
        return refusal(source.name, where + ", data_offsets", expected, offsets);
    }
    if (entry.end > data_size) {
        const std::string expected = "an end within the " + std::to_string(data_size) + " bytes of data in the file";
        return refusal(source.name, where + ", data_offsets", expected, offsets);
    }
    return {};
}

/// That each tensor begins where another ends, and the data ends with the last.
Status check_tiling(const Source &source, const Header &header, std::uint64_t data_size) {
    using Named = std::pair<const std::string, Entry>;
    std::vector<const Named *> in_order;
    for (const Named &tensor : header.tensors) {
        in_order.push_back(&tensor);
    }
    std::stable_sort(in_order.begin(), in_order.end(), [](const Named *a, const Named *b) {
        return std::pair(a->second.begin, a->second.end) < std::pair(b->second.begin, b->second.end);
    });
    std::uint64_t covered = 0;
    for (const Named *tensor : in_order) {
        const std::uint64_t begin = tensor->second.begin;
        if (begin != covered) {
            const std::string expected = "a begin at " + std::to_string(covered) + ", where the data before it ends";
            const std::string found = std::to_string(begin) + (begin < covered ? " (an overlap)" : " (a hole)");
            return refusal(source.name, "tensor " + quote(tensor->first) + ", data_offsets", expected, found);
        }
        covered = tensor->second.end;
    }
    if (covered != data_size) {
        const std::string expected = std::to_string(covered) + " bytes of tensors (from the header)";
        return refusal(source.name, "data", expected, std::to_string(data_size));
    }
    return {};
}

/// The header, once it is known to fit the file; and where the data begins.
Status read_header(const Source &source, Header &header, std::uint64_t &data_begin) {
    std::uint64_t length = 0;
    constexpr std::uint64_t length_size = sizeof length;
    if (source.size < length_size) {
        return refusal(source.name, "header", "8 bytes of its length", std::to_string(source.size));
    }
    if (Status status = source.read(0, std::as_writable_bytes(std::span(&length, 1))); !status.ok()) {
        return status;
    }
    const std::uint64_t most = std::min(safetensors::largest_header, source.size - length_size);
    if (length > most) {
        const std::string limit = most == safetensors::largest_header ? " bytes" : " bytes, the rest of the file";
        return refusal(
            source.name, "header", "a length of at most " + std::to_string(most) + limit, std::to_string(length));
    }
    std::string text(length, ' ');
    if (Status status = source.read(length_size, std::as_writable_bytes(std::span(text))); !status.ok()) {
        return status;
    }
    data_begin = length_size + length;
    return safetensors::parse_header(source.name, text, header);
}

Status read_file(const Source &source, TensorFile &file) {
    Header header;
    std::uint64_t data_begin = 0;
    if (Status status = read_header(source, header, data_begin); !status.ok()) {
        return status;
    }
    const std::uint64_t data_size = source.size - data_begin;
    for (const auto &[name, entry] : header.tensors) {
        if (Status status = check_entry(source, name, entry, data_size); !status.ok()) {
            return status;
        }
    }
    if (Status status = check_tiling(source, header, data_size); !status.ok()) {
        return status;
    }
    TensorFile found;
    for (auto &[name, entry] : header.tensors) {
        Tensor tensor{entry.type, std::move(entry.shape), std::vector<std::byte>(entry.end - entry.begin)};
        if (Status status = source.read(data_begin + entry.begin, tensor.bytes); !status.ok()) {
            return status;
        }
        found.tensors.emplace_hint(found.tensors.end(), name, std::move(tensor));
    }
    found.metadata = std::move(header.metadata);
    file = std::move(found);
    return {};
}

/// Nothing throws but where memory is short, which a file of the right form can bring about too.
Status read_without_exceptions(const Source &source, TensorFile &file) {
    try {
        return read_file(source, file);
    } catch (const std::exception &error) {
        return failure(source.name, std::string("expected enough memory to read it, found ") + error.what());
    }
}

Status read_at(const std::string &path, int descriptor, std::uint64_t offset, std::span<std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t count = pread(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (count == 0 || (count < 0 && errno != EINTR)) {
            const std::string found = count == 0 ? "its end" : std::generic_category().message(errno);
            return failure(path,
                           "expected " + std::to_string(bytes.size()) + " bytes from byte " + std::to_string(offset) +
                               ", found " + found);
        }
        const auto advance = static_cast<std::size_t>(count < 0 ? 0 : count);
        offset += advance;
        bytes = bytes.subspan(advance);
    }
    return {};
}

}  // namespace

Status read_safetensors(const std::string &path, TensorFile &file) {
    const FileDescriptor opened(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));  // a pipe would block
    struct stat found {};
    if (!opened.is_open() || fstat(opened.number, &found) != 0) {
        return failure(path, "expected a file that may be read, found: " + std::generic_category().message(errno));
    }
    if (!S_ISREG(found.st_mode)) {
        return failure(path, std::string("expected a file, found a ") + (S_ISDIR(found.st_mode) ? "folder" : "device"));
    }
    const auto read = [&](std::uint64_t offset, std::span<std::byte> bytes) {
        return read_at(path, opened.number, offset, bytes);
    };
    return read_without_exceptions({path, static_cast<std::uint64_t>(found.st_size), read}, file);
}

Status parse_safetensors(const std::string &name, std::span<const std::byte> bytes, TensorFile &file) {
    const auto read = [bytes](std::uint64_t offset, std::span<std::byte> wanted) {
        std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), wanted.size(), wanted.begin());
        return Status();
    };
    return read_without_exceptions({name, bytes.size(), read}, file);
}

}  // namespace dsq
