#include "model/model.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "model/network_json.h"
#include "model/parameters.h"

namespace dsq {
namespace {

constexpr const char *network_key = "dsq.network";

std::string text(const std::vector<std::int64_t> &shape) {
    std::string joined;
    for (const std::int64_t extent : shape) joined += (joined.empty() ? "" : ", ") + std::to_string(extent);
    return "[" + joined + "]";
}

bool is_quantizer(Role role) {
    return role == Role::weight_quantizer || role == Role::input_quantizer;
}

Status wrong(const std::string &path, const std::string &what) {
    return {ErrorCode::invalid_file, path + ": " + what};
}

Status check_tensor(const std::string &path, const ParameterTensor &expected, const Tensor &found) {
    if (found.type == ElementType::f32 && found.shape == expected.shape) return {};
    return wrong(path,
                 "tensor " + expected.name + ": expected F32 " + text(expected.shape) + ", found " +
                     std::string(element_name(found.type)) + " " + text(found.shape));
}

// The tensors of PyTorch's DataParallel carry a prefix.
std::map<std::string, Tensor> without_prefix(std::map<std::string, Tensor> tensors) {
    std::map<std::string, Tensor> renamed;
    while (!tensors.empty()) {
        auto node = tensors.extract(tensors.begin());
        if (node.key().starts_with("module.")) node.key().erase(0, 7);
        if (!node.key().ends_with("num_batches_tracked")) renamed.insert(std::move(node));
    }
    return renamed;
}

// Moves what `network` needs out of `found`. Quantizers may be missing if `partial`.
Status take(const std::string &path,
            const Network &network,
            bool partial,
            std::map<std::string, Tensor> found,
            std::map<std::string, Tensor> &tensors) {
    std::vector<Shape> shapes;
    if (Status status = infer_shapes(network, shapes); !status.ok()) return status;
    std::map<std::string, Tensor> taken;
    for (const ParameterTensor &parameter : parameter_tensors(network, shapes)) {
        auto node = found.extract(parameter.name);
        if (node.empty()) {
            if (partial && is_quantizer(parameter.role)) continue;
            return wrong(path,
                         "tensor " + parameter.name + ": expected F32 " + text(parameter.shape) + " for network " +
                             network.name + ", found none");
        }
        if (Status status = check_tensor(path, parameter, node.mapped()); !status.ok()) return status;
        taken.insert(std::move(node));
    }
    for (const auto &[name, tensor] : found) {
        if (partial && (name.ends_with(".weight_quantizer") || name.ends_with(".input_quantizer"))) continue;
        return wrong(
            path, "tensor " + name + " " + text(tensor.shape) + ": network " + network.name + " has no such parameter");
    }
    tensors = std::move(taken);
    return {};
}

void set_state(const std::map<std::string, Tensor> &tensors, const std::string &name, Quantizer &quantizer) {
    const auto found = tensors.find(name);
    if (found == tensors.end()) return;
    const std::span<const float> state = *found->second.as<float>();
    quantizer.lower = state[0];
    quantizer.upper = state[1];
    quantizer.alpha = state[2];
}

Status set_quantizers(const std::string &path, const std::map<std::string, Tensor> &tensors, Network &network) {
    for (Layer &layer : network.layers) {
        for (const auto &[suffix, quantizer] :
             {std::pair{".weight_quantizer", &layer.weight_quantizer}, {".input_quantizer", &layer.input_quantizer}}) {
            if (!is_quantized(*quantizer)) continue;
            set_state(tensors, layer.name + suffix, *quantizer);
            if (Status status = validate(*quantizer); !status.ok()) {
                return wrong(path, "tensor " + layer.name + suffix + " (l, u, alpha): " + status.message());
            }
        }
    }
    return {};
}

}  // namespace

Status read_model(const std::string &path, Model &model) {
    TensorFile file;
    Status status = read_safetensors(path, file);
    return status.ok() ? model_from_file(path, std::move(file), model) : status;
}

Status model_from_file(const std::string &path, TensorFile file, Model &model) {
    const auto json = file.metadata.find(network_key);
    if (json == file.metadata.end()) {
        return wrong(path,
                     std::string("expected the metadata '") + network_key +
                         "' of a model of dsq, found none (a PyTorch state dict: name its network)");
    }
    Model read;
    Status status = network_from_json(path + ", " + network_key, json->second, read.network);
    std::erase_if(file.tensors, [](const auto &entry) { return entry.first.starts_with("optimizer."); });
    if (status.ok()) status = take(path, read.network, false, std::move(file.tensors), read.tensors);
    if (status.ok()) status = set_quantizers(path, read.tensors, read.network);
    if (status.ok()) model = std::move(read);
    return status;
}

TensorFile file_of(const Model &model) {
    TensorFile file;
    file.tensors = model.tensors;
    file.metadata[network_key] = network_to_json(model.network);
    return file;
}

Status write_model(const std::string &path, const Model &model) {
    return write_safetensors(path, file_of(model));
}

Status import_parameters(const std::string &path, Network &network, std::map<std::string, Tensor> &tensors) {
    TensorFile file;
    if (Status status = read_safetensors(path, file); !status.ok()) return status;
    Network source = network;
    if (const auto json = file.metadata.find(network_key); json != file.metadata.end()) {
        Status status = network_from_json(path + ", " + network_key, json->second, source);
        if (!status.ok()) return status;
    }
    Status status = take(path, network, true, without_prefix(std::move(file.tensors)), tensors);
    if (!status.ok()) return status;
    network.mean = source.mean;
    network.deviation = source.deviation;
    return {};
}

}  // namespace dsq
