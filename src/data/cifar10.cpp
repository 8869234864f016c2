#include "data/cifar10.h"

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <span>
#include <utility>

namespace dsq {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr int classes = 10;
constexpr int side = 32;
constexpr int channels = 3;
constexpr std::size_t plane_size = std::size_t{side} * side;
constexpr std::size_t record_size = 1 + channels * plane_size;
constexpr std::size_t records_per_file = 10000;
constexpr std::size_t file_size = records_per_file * record_size;

Status failure(const std::string &path, const std::string &found) {
    return {ErrorCode::invalid_file,
            path + ": expected a file of " + std::to_string(file_size) + " bytes (" + std::to_string(records_per_file) +
                " records of " + std::to_string(record_size) + "), found " + found};
}

Status check_size(const std::string &path) {
    std::error_code error;
    const std::uintmax_t size = std::filesystem::file_size(path, error);
    if (error) {
        return failure(path, "none: " + error.message());
    }
    return size == file_size ? Status() : failure(path, std::to_string(size) + " bytes");
}

/// `bytes` has the size of a file already.
Status read_file(const std::string &path, Bytes &bytes) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        return failure(path, "that it cannot be opened");
    }
    file.read(reinterpret_cast<char *>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    return file ? Status() : failure(path, "a read error");
}

void interleave(const std::uint8_t *planes, std::uint8_t *pixels) {
    for (std::size_t pixel = 0; pixel < plane_size; ++pixel) {
        for (std::size_t channel = 0; channel < channels; ++channel) {
            pixels[pixel * channels + channel] = planes[channel * plane_size + pixel];
        }
    }
}

/// The records of a file, as images from `first` on.
void unpack(const Bytes &bytes, std::size_t first, DataSet &data_set) {
    for (std::size_t i = 0; i < records_per_file; ++i) {
        const std::uint8_t *record = &bytes[i * record_size];
        data_set.labels[first + i] = record[0];
        interleave(record + 1, &data_set.pixels[(first + i) * channels * plane_size]);
    }
}

DataSet room_for(std::size_t count) {
    return {
        .name = "cifar10",
        .count = static_cast<int>(count),
        .height = side,
        .width = side,
        .channels = channels,
        .classes = classes,
        .pixels = Bytes(count * channels * plane_size),
        .labels = Bytes(count),
    };
}

}  // namespace

std::vector<std::string> cifar10_files(Split split) {
    if (split == Split::test) {
        return {"test_batch.bin"};
    }
    return {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"};
}

Status read_cifar10(const std::string &folder, Split split, DataSet &data_set) {
    std::vector<std::string> paths;
    for (const std::string &name : cifar10_files(split)) {
        paths.push_back((std::filesystem::path(folder) / name).string());
        if (Status status = check_size(paths.back()); !status.ok()) {
            return status;
        }
    }
    DataSet read = room_for(paths.size() * records_per_file);
    Bytes bytes(file_size);
    for (std::size_t i = 0; i < paths.size(); ++i) {
        if (Status status = read_file(paths[i], bytes); !status.ok()) {
            return status;
        }
        const std::size_t first = i * records_per_file;
        unpack(bytes, first, read);
        const std::span<const std::uint8_t> labels = std::span(read.labels).subspan(first, records_per_file);
        if (Status status = check_labels(paths[i], labels, classes); !status.ok()) {
            return status;
        }
    }
    data_set = std::move(read);
    return {};
}

}  // namespace dsq
