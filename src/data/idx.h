/// Reader of IDX files, the format of MNIST and Fashion-MNIST, plain or gzip.
///
/// Files are checked whole: their magic number, their sizes, gzip's checksum, and that nothing follows the data.
/// Error: invalid_file, with a message that names the file, what was expected and what was found; nothing is changed
/// then.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dsq/status.h"

namespace dsq {

/// Grey images of one size, one after the other, each row by row from the top.
struct Images {
    int count = 0;
    int height = 0;
    int width = 0;
    std::vector<std::uint8_t> pixels;  ///< count * height * width
};

Status read_idx_images(const std::string &path, Images &images);

/// One label for each image.
Status read_idx_labels(const std::string &path, std::vector<std::uint8_t> &labels);

}  // namespace dsq
