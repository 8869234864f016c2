/// Images of 8 bits a channel, from files.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

struct Image {
    int height = 0, width = 0, channels = 0;
    std::vector<std::uint8_t> pixels;  ///< [height][width][channel]
};

/// Reads the image `index` of a file: binary PGM or PPM and, WITH_PNG, PNG, which hold one; IDX (Fashion-MNIST,
/// unpacked) or CIFAR-10's binary batches. Throws std::runtime_error with the path, what was expected and what was
/// found.
Image read_image(const std::string &path, int index);

/// Of the bytes of a PNG file: gray or RGB, without what it has of transparency. Throws std::runtime_error.
Image decode_png(const std::vector<std::uint8_t> &file);
