#include "open_model.h"

#include "model/built_in.h"
#include "train/recipe.h"

namespace dsq::cli {

Status open_model(const ModelSource &source, const ImageKind &images, Model &model) {
    if (source.network.empty()) return read_model(source.path, model);
    Status status = built_in_network(source.network, images.shape, images.classes, model.network);
    if (status.ok()) {
        default_normalization(images.set, model.network.mean, model.network.deviation);
        status = import_parameters(source.path, model.network, model.tensors);
    }
    return status;
}

}  // namespace dsq::cli
