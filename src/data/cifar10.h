/// Reader of CIFAR-10's binary layout: files of 10000 records, each a label and the red, green and blue plane of an
/// image of 32 x 32.
#pragma once

#include <string>
#include <vector>

#include "data/data_set.h"
#include "dsq/status.h"

namespace dsq {

/// The names of the files that hold a split.
std::vector<std::string> cifar10_files(Split split);

/// Error: invalid_file for a file that is missing, has not the size of 10000 records, or has a label above 9.
Status read_cifar10(const std::string &folder, Split split, DataSet &data_set);

}  // namespace dsq
