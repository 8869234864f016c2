// A folder with the first images of Fashion-MNIST, as real files.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "data/data_set.h"

namespace dsq::tests {

inline const std::string fashion_mnist_folder = "/usr/share/datasets/fashion-mnist";

// IDX: a magic number, the sizes, the bytes; numbers are big endian.
inline void write_idx(const std::string &path, const std::vector<int> &sizes, const std::uint8_t *bytes) {
    std::ofstream file(path, std::ios::binary);
    const auto put = [&](int number) {
        for (int shift = 24; shift >= 0; shift -= 8) file.put(static_cast<char>(number >> shift));
    };
    put(0x800 + static_cast<int>(sizes.size()));
    int count = 1;
    for (const int size : sizes) {
        put(size);
        count *= size;
    }
    file.write(reinterpret_cast<const char *>(bytes), count);
}

// Makes `folder` with so many images for training and for testing each.
inline void make_small_fashion_mnist(const std::string &folder, int count) {
    std::filesystem::create_directories(folder);
    for (const auto &[split, name] : {std::pair{Split::train, "train"}, {Split::test, "t10k"}}) {
        DataSet data_set;
        const Status status = open_data_set(fashion_mnist_folder, split, data_set);
        ASSERT_TRUE(status.ok()) << status.message();
        const std::string stem = folder + "/" + name;
        write_idx(stem + "-images-idx3-ubyte", {count, data_set.height, data_set.width}, data_set.pixels.data());
        write_idx(stem + "-labels-idx1-ubyte", {count}, data_set.labels.data());
    }
}

}  // namespace dsq::tests
