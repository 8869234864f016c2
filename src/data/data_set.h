/// Labelled images in memory, and how a folder of them is opened.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "dsq/status.h"

namespace dsq {

struct DataSet {
    std::string name;  ///< "cifar10", or the name of the folder of IDX files: "fashion-mnist"
    int count = 0;
    int height = 0;
    int width = 0;
    int channels = 0;
    int classes = 0;
    std::vector<std::uint8_t> pixels = {};  ///< count x height x width x channels, the channel innermost
    std::vector<std::uint8_t> labels = {};  ///< count, each below `classes`
};

enum class Split { train, test };

/// Opens a folder that holds CIFAR-10 in its binary layout (data/cifar10.h), or IDX files of ten classes under the
/// names of MNIST and Fashion-MNIST, plain or gzip (plain, where both are there). Everything is checked: that the files
/// are there, their sizes, that they match, and the labels. Error: invalid_file, with a message that names the file or
/// folder, what was expected and what was found; `data_set` is unchanged then.
Status open_data_set(const std::string &folder, Split split, DataSet &data_set);

/// That sizes are positive and match, and labels are below the number of classes. Error: invalid_argument.
Status validate(const DataSet &data_set);

/// That labels are below `classes`. The error's message is invalid_file's and begins with `path`.
Status check_labels(const std::string &path, std::span<const std::uint8_t> labels, int classes);

}  // namespace dsq
