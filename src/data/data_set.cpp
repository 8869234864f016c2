#include "data/data_set.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "data/cifar10.h"
#include "data/idx.h"
#include "data/sizes.h"

namespace dsq {
namespace {

using Names = std::vector<std::string>;

struct IdxNames {
    const char *images;
    const char *labels;
};
constexpr IdxNames idx_train{"train-images-idx3-ubyte", "train-labels-idx1-ubyte"};
constexpr IdxNames idx_test{"t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};

Status failure(const std::string &path, const std::string &text) {
    return {ErrorCode::invalid_file, path + ": " + text};
}

/// The names of what is in a folder, in order; those of folders end in a slash.
Status list_folder(const std::string &folder, Names &names) {
    std::error_code error;
    std::filesystem::directory_iterator entry(folder, error);
    while (!error && entry != std::filesystem::directory_iterator()) {
        std::error_code ignored;
        names.push_back(entry->path().filename().string() + (entry->is_directory(ignored) ? "/" : ""));
        entry.increment(error);
    }
    std::sort(names.begin(), names.end());
    return error ? failure(folder, "expected a folder that can be read, found: " + error.message()) : Status();
}

std::string list_text(const Names &names) {
    constexpr std::size_t most = 8;
    std::string text;
    for (std::size_t i = 0; i < std::min(names.size(), most); ++i) {
        text += (i == 0 ? "" : ", ") + names[i];
    }
    if (names.size() > most) {
        text += " and " + std::to_string(names.size() - most) + " more";
    }
    return names.empty() ? "an empty folder" : text;
}

bool contains(const Names &names, const std::string &name) {
    return std::binary_search(names.begin(), names.end(), name);
}

bool holds_cifar10(const Names &names) {
    const auto is_there = [&](Split split) {
        const Names files = cifar10_files(split);
        return std::any_of(files.begin(), files.end(), [&](const std::string &file) { return contains(names, file); });
    };
    return is_there(Split::train) || is_there(Split::test);
}

bool holds_idx(const Names &names) {
    const Names files{idx_train.images, idx_train.labels, idx_test.images, idx_test.labels};
    return std::any_of(files.begin(), files.end(), [&](const std::string &file) {
        return contains(names, file) || contains(names, file + ".gz");
    });
}

Status find_idx_file(const std::string &folder, const Names &names, const std::string &name, std::string &path) {
    for (const std::string &file : {name, name + ".gz"}) {
        if (contains(names, file)) {
            path = (std::filesystem::path(folder) / file).string();
            return {};
        }
    }
    return failure(folder, "expected " + name + " or " + name + ".gz, found " + list_text(names));
}

Status check_counts(const std::string &path, const DataSet &data_set) {
    const std::size_t count = data_set.labels.size();
    if (count == static_cast<std::size_t>(data_set.count)) {
        return {};
    }
    return failure(
        path,
        "expected " + std::to_string(data_set.count) + " labels, one for each image, found " + std::to_string(count));
}

Status read_idx_pair(const std::string &images_path, const std::string &labels_path, DataSet &data_set) {
    Images images;
    if (Status status = read_idx_images(images_path, images); !status.ok()) {
        return status;
    }
    data_set.count = images.count;
    data_set.height = images.height;
    data_set.width = images.width;
    data_set.channels = 1;
    data_set.classes = 10;
    data_set.pixels = std::move(images.pixels);
    if (Status status = read_idx_labels(labels_path, data_set.labels); !status.ok()) {
        return status;
    }
    if (Status status = check_counts(labels_path, data_set); !status.ok()) {
        return status;
    }
    return check_labels(labels_path, data_set.labels, data_set.classes);
}

/// The last part of a path, also of "folder/" and of ".".
std::string base_name(const std::string &folder) {
    std::error_code error;
    return std::filesystem::canonical(folder, error).filename().string();
}

Status open_idx(const std::string &folder, const Names &names, Split split, DataSet &data_set) {
    const IdxNames &files = split == Split::train ? idx_train : idx_test;
    std::string images_path;
    if (Status status = find_idx_file(folder, names, files.images, images_path); !status.ok()) {
        return status;
    }
    std::string labels_path;
    if (Status status = find_idx_file(folder, names, files.labels, labels_path); !status.ok()) {
        return status;
    }
    DataSet read;
    read.name = base_name(folder);
    Status status = read_idx_pair(images_path, labels_path, read);
    if (status.ok()) {
        data_set = std::move(read);
    }
    return status;
}

}  // namespace

Status open_data_set(const std::string &folder, Split split, DataSet &data_set) {
    Names names;
    if (Status status = list_folder(folder, names); !status.ok()) {
        return status;
    }
    const bool cifar10 = holds_cifar10(names), idx = holds_idx(names);
    if (cifar10 && idx) {
        return failure(folder, "expected one data set, found the files of CIFAR-10 and IDX files: " + list_text(names));
    }
    if (cifar10) {
        return read_cifar10(folder, split, data_set);
    }
    if (idx) {
        return open_idx(folder, names, split, data_set);
    }
    return failure(folder,
                   std::string("expected CIFAR-10 (data_batch_1.bin to data_batch_5.bin, test_batch.bin) or IDX (") +
                       idx_train.images + ", " + idx_train.labels + ", " + idx_test.images + ", " + idx_test.labels +
                       ", each plain or .gz), found " + list_text(names));
}

Status validate(const DataSet &data_set) {
    const std::vector<int> sizes{data_set.count, data_set.height, data_set.width, data_set.channels};
    if (!product_is(sizes, data_set.pixels.size())) {
        return {ErrorCode::invalid_argument,
                "pixels: expected " + sizes_text(sizes) + " bytes, at least 1, found " +
                    std::to_string(data_set.pixels.size())};
    }
    if (data_set.labels.size() != static_cast<std::size_t>(data_set.count)) {
        return {ErrorCode::invalid_argument,
                "labels: expected " + std::to_string(data_set.count) + ", one for each image, found " +
                    std::to_string(data_set.labels.size())};
    }
    const Status status = check_labels("labels", data_set.labels, data_set.classes);
    return status.ok() ? status : Status(ErrorCode::invalid_argument, status.message());
}

Status check_labels(const std::string &path, std::span<const std::uint8_t> labels, int classes) {
    const auto wrong = std::find_if(labels.begin(), labels.end(), [&](std::uint8_t label) { return label >= classes; });
    if (wrong == labels.end()) {
        return {};
    }
    return failure(path,
                   "expected labels below " + std::to_string(classes) + ", found " + std::to_string(*wrong) +
                       " as label " + std::to_string(wrong - labels.begin()));
}

}  // namespace dsq
