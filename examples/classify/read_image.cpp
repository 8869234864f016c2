#include "image.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string_view>

namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes read_file(const std::string &path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("the file cannot be opened");
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

bool begins_with(const Bytes &file, std::string_view magic) {
    return file.size() >= magic.size() &&
           std::equal(magic.begin(), magic.end(), file.begin(), [](char a, std::uint8_t b) {
               return static_cast<std::uint8_t>(a) == b;
           });
}

// The bytes of one of several images, each of `size` bytes, after `header` bytes.
Bytes record(const Bytes &file, std::size_t header, std::size_t size, int index) {
    const std::size_t count = (file.size() - header) / size;
    if (index < 0 || static_cast<std::size_t>(index) >= count) {
        throw std::runtime_error("index: expected 0 to " + std::to_string(count) + " - 1, found " +
                                 std::to_string(index));
    }
    const auto begin = file.begin() + static_cast<std::ptrdiff_t>(header + static_cast<std::size_t>(index) * size);
    return {begin, begin + static_cast<std::ptrdiff_t>(size)};
}

// "P5" (gray) or "P6" (RGB), width, height, 255 and one white space, before the pixels; lines that begin with # are
// comments.
Image decode_netpbm(const Bytes &file) {
    std::istringstream header(
        std::string(file.begin(), file.begin() + std::min<std::ptrdiff_t>(std::ssize(file), 4096)));
    header.ignore(2);
    int values[3] = {};
    for (int &value : values) {
        while ((header >> std::ws).peek() == '#') header.ignore(4096, '\n');
        header >> value;
    }
    Image image{values[1], values[0], file[1] == '5' ? 1 : 3, {}};
    constexpr int largest_side = 1 << 14;
    if (!header || header.eof() || image.width < 1 || image.height < 1 ||
        std::max(image.width, image.height) > largest_side || values[2] != 255) {
        throw std::runtime_error("expected a PGM or PPM image with values up to 255, found another header");
    }
    const std::size_t begin = static_cast<std::size_t>(header.tellg()) + 1;
    const std::size_t size =
        static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height * image.channels);
    if (file.size() < begin + size) {
        throw std::runtime_error("expected " + std::to_string(size) + " bytes of pixels, found less");
    }
    image.pixels = record(file, begin, size, 0);
    return image;
}

int big_endian(const Bytes &file, std::size_t at) {
    return file[at] << 24 | file[at + 1] << 16 | file[at + 2] << 8 | file[at + 3];
}

Image decode_idx(const Bytes &file, int index) {
    constexpr std::size_t header = 16;
    if (file.size() < header) throw std::runtime_error("expected an IDX header of 16 bytes, found less");
    Image image{big_endian(file, 8), big_endian(file, 12), 1, {}};
    if (image.height < 1 || image.width < 1 || image.height > 4096 || image.width > 4096) {
        throw std::runtime_error("expected images of 1 to 4096 pixels a side, found another IDX header");
    }
    image.pixels =
        record(file, header, static_cast<std::size_t>(image.height) * static_cast<std::size_t>(image.width), index);
    return image;
}

// A label, then the planes of red, green and blue.
Image decode_cifar10(const Bytes &file, int index) {
    constexpr int side = 32, channels = 3, plane = side * side;
    const Bytes planes = record(file, 0, 1 + channels * plane, index);
    Image image{side, side, channels, {}};
    for (std::size_t pixel = 1; pixel <= plane; ++pixel) {
        for (std::size_t c = 0; c < channels; ++c) image.pixels.push_back(planes[pixel + c * plane]);
    }
    return image;
}

Image decode(const Bytes &file, int index) {
    using namespace std::string_view_literals;
    constexpr std::size_t cifar10_record = 3073;
    if (begins_with(file, "\0\0\x08\x03"sv)) return decode_idx(file, index);
    if (!file.empty() && file.size() % cifar10_record == 0) return decode_cifar10(file, index);
    if (index != 0)
        throw std::runtime_error("index: expected 0, for the file holds one image, found " + std::to_string(index));
    if (begins_with(file, "P5") || begins_with(file, "P6")) return decode_netpbm(file);
#ifdef WITH_PNG
    if (begins_with(file, "\x89PNG")) return decode_png(file);
    const std::string formats = "PNG, PGM, PPM, IDX or CIFAR-10";
#else
    const std::string formats = "PGM, PPM, IDX or CIFAR-10 (this program was built without libpng)";
#endif
    throw std::runtime_error("expected an image as " + formats + ", found another format");
}

}  // namespace

Image read_image(const std::string &path, int index) {
    try {
        return decode(read_file(path), index);
    } catch (const std::runtime_error &error) {
        throw std::runtime_error(path + ": " + error.what());
    }
}
