/// A network with its parameters, and the files that hold it: safetensors, the network as JSON in the metadata
/// (`dsq.network`), the parameters as in parameters.h.
#pragma once

#include <map>
#include <string>

#include "dsq/status.h"
#include "model/network.h"
#include "model/safetensors.h"

namespace dsq {

struct Model {
    Network network;
    std::map<std::string, Tensor> tensors;  ///< float32, by the names of parameter_tensors
};

/// Error: invalid_file, with a message that names the file, the tensor or key, what was expected and what was found.
Status read_model(const std::string &path, Model &model);
Status write_model(const std::string &path, const Model &model);

/// The same, for what is already read or not yet written; `path` stands in messages. A file may hold other metadata,
/// and tensors whose name begins with `optimizer.`: a checkpoint is a model too.
Status model_from_file(const std::string &path, TensorFile file, Model &model);
TensorFile file_of(const Model &model);

/// Takes what parameters of `network` the file has: that of a model, or the state dict of a PyTorch module saved as
/// safetensors (a prefix `module.` is taken off). Quantizers that the file lacks are left out of `tensors`; the others
/// must be there, and no tensor of the file may be left over, but for PyTorch's `num_batches_tracked`. The network gets
/// the normalization of the images that a model of dsq was made for; a state dict does not tell, and leaves the
/// network's. Error: as read_model.
Status import_parameters(const std::string &path, Network &network, std::map<std::string, Tensor> &tensors);

}  // namespace dsq
