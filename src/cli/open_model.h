/// How subcommands open what the user calls a model.
#pragma once

#include <string>

#include "model/model.h"

namespace dsq::cli {

/// Which file, and what it is.
struct ModelSource {
    std::string path;
    std::string network;  ///< of a PyTorch state dict; empty: the file is a model of dsq
};

/// What the images are that a PyTorch state dict was trained on; it does not say itself.
struct ImageKind {
    std::string set = "cifar10";
    Shape shape{3, 32, 32};
    int classes = 10;
};

/// Error: as read_model, import_parameters and built_in_network.
Status open_model(const ModelSource &source, const ImageKind &images, Model &model);

}  // namespace dsq::cli
