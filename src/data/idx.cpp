#include "data/idx.h"

#include <zlib.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <limits>

#include "data/sizes.h"

namespace dsq {
namespace {

using Bytes = std::vector<std::uint8_t>;

/// No file or data may be larger: sizes fit int.
constexpr std::size_t largest_size = std::numeric_limits<int>::max();

/// What a file should hold. IDX's magic number is 0, 0, the type of the elements (8: bytes), the number of dimensions.
struct Kind {
    const char *name;
    std::uint32_t magic;
    std::size_t dimensions;
};
constexpr Kind images_kind{"images", 0x803, 3};
constexpr Kind labels_kind{"labels", 0x801, 1};

struct Array {
    std::vector<std::uint32_t> sizes;
    Bytes elements;
};

Status failure(const std::string &path, const std::string &text) {
    return {ErrorCode::invalid_file, path + ": " + text};
}

/// Only for regular files of a size that can be read.
Status check_file(const std::string &path) {
    std::error_code error;
    const std::filesystem::file_status found = std::filesystem::status(path, error);
    if (!std::filesystem::exists(found)) {
        return failure(path, "expected a file, found none: " + error.message());
    }
    if (!std::filesystem::is_regular_file(found)) {
        const std::string what = std::filesystem::is_directory(found) ? "folder" : "device";
        return failure(path, "expected a file, found a " + what);
    }
    const std::uintmax_t size = std::filesystem::file_size(path, error);
    if (error || size > largest_size) {
        return failure(path,
                       "expected a file of at most " + std::to_string(largest_size) + " bytes, found " +
                           (error ? error.message() : std::to_string(size)));
    }
    return {};
}

Status read_file(const std::string &path, Bytes &bytes) {
    if (Status status = check_file(path); !status.ok()) {
        return status;
    }
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    if (!file) {
        return failure(path, "expected a file that may be read, found that it cannot be opened");
    }
    bytes.resize(static_cast<std::size_t>(file.tellg()));
    file.seekg(0);
    file.read(reinterpret_cast<char *>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    return file ? Status() : failure(path, "expected " + std::to_string(bytes.size()) + " bytes, found a read error");
}

bool is_gzip(const Bytes &bytes) {
    return bytes.size() >= 2 && bytes[0] == 0x1F && bytes[1] == 0x8B;
}

/// Inflates into a buffer that grows with what is there: no size that the file claims is believed. Returns zlib's
/// result. Not gzread: that one passes over a missing checksum and over what follows the data.
int inflate_all(z_stream &stream, Bytes &unpacked) {
    constexpr std::size_t first_size = std::size_t{1} << 16;
    int result = Z_OK;
    while (result == Z_OK && stream.total_out < largest_size) {
        unpacked.resize(std::clamp(2 * unpacked.size(), first_size, largest_size));
        stream.next_out = unpacked.data() + stream.total_out;
        stream.avail_out = static_cast<uInt>(unpacked.size() - stream.total_out);
        result = inflate(&stream, Z_NO_FLUSH);
    }
    unpacked.resize(stream.total_out);
    return result;
}

Status unpack(const std::string &path, Bytes &packed, Bytes &unpacked) {
    constexpr int gzip_only = 16 + MAX_WBITS;
    z_stream stream{};
    stream.next_in = packed.data();
    stream.avail_in = static_cast<uInt>(packed.size());
    int result = inflateInit2(&stream, gzip_only);
    if (result == Z_OK) {
        result = inflate_all(stream, unpacked);
    }
    inflateEnd(&stream);

    const std::string place = " after " + std::to_string(unpacked.size()) + " bytes of data";
    switch (result) {
        case Z_STREAM_END:
            if (stream.avail_in == 0) {
                return {};
            }
            return failure(
                path,
                "expected the end of the file" + place + ", found " + std::to_string(stream.avail_in) + " bytes more");
        case Z_OK:
            return failure(path, "expected at most " + std::to_string(largest_size) + " bytes of data, found more");
        case Z_BUF_ERROR:
            return failure(path, "expected whole gzip data, found that it is truncated" + place);
        case Z_DATA_ERROR:
            return failure(path, "expected valid gzip data, found that it is corrupt" + place);
        default:
            return failure(path, "expected gzip data, found zlib's error " + std::to_string(result) + place);
    }
}

std::uint32_t big_endian(const std::uint8_t *bytes) {
    return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 | std::uint32_t{bytes[2]} << 8 | bytes[3];
}

std::string magic_text(std::uint32_t magic) {
    char text[16];
    std::snprintf(text, sizeof text, "0x%08x", magic);
    for (const Kind &kind : {images_kind, labels_kind}) {
        if (magic == kind.magic) {
            return std::string(text) + " (" + kind.name + ")";
        }
    }
    return text;
}

Status parse(const std::string &path, const Kind &kind, const Bytes &bytes, Array &array) {
    const std::size_t header_size = 4 + 4 * kind.dimensions;
    if (bytes.size() < header_size) {
        return failure(
            path,
            "expected a header of " + std::to_string(header_size) + " bytes, found " + std::to_string(bytes.size()));
    }
    const std::uint32_t magic = big_endian(bytes.data());
    if (magic != kind.magic) {
        return failure(path, "expected the magic number " + magic_text(kind.magic) + ", found " + magic_text(magic));
    }
    for (std::size_t i = 4; i < header_size; i += 4) {
        array.sizes.push_back(big_endian(&bytes[i]));
    }
    const std::size_t element_count = bytes.size() - header_size;
    if (!product_is(array.sizes, element_count)) {
        return failure(path,
                       "expected " + sizes_text(array.sizes) + " bytes of " + kind.name +
                           " (from its header; at least 1), found " + std::to_string(element_count));
    }
    array.elements.assign(bytes.end() - static_cast<std::ptrdiff_t>(element_count), bytes.end());
    return {};
}

Status read_idx(const std::string &path, const Kind &kind, Array &array) {
    Bytes bytes;
    if (Status status = read_file(path, bytes); !status.ok()) {
        return status;
    }
    if (!is_gzip(bytes)) {
        return parse(path, kind, bytes, array);
    }
    Bytes unpacked;
    Status status = unpack(path, bytes, unpacked);
    return status.ok() ? parse(path, kind, unpacked, array) : status;
}

}  // namespace

Status read_idx_images(const std::string &path, Images &images) {
    Array array;
    Status status = read_idx(path, images_kind, array);
    if (status.ok()) {
        images.count = static_cast<int>(array.sizes[0]);
        images.height = static_cast<int>(array.sizes[1]);
        images.width = static_cast<int>(array.sizes[2]);
        images.pixels = std::move(array.elements);
    }
    return status;
}

Status read_idx_labels(const std::string &path, std::vector<std::uint8_t> &labels) {
    Array array;
    Status status = read_idx(path, labels_kind, array);
    if (status.ok()) {
        labels = std::move(array.elements);
    }
    return status;
}

}  // namespace dsq
