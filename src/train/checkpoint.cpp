#include "train/checkpoint.h"

#include <nlohmann/json.hpp>
#include <utility>

namespace dsq {
namespace {

constexpr const char *position_key = "dsq.position";
constexpr const char *recipe_key = "dsq.recipe";

// Calls `member(key, value)` for each member of a position: one list for writing and reading.
template <typename Position, typename Member>
void for_each_member(Position &position, Member member) {
    member("epoch", position.epoch);
    member("batch", position.batch);
    member("step", position.step);
    member("loss_sum", position.loss_sum);
    member("correct", position.correct);
    member("images", position.images);
    member("seconds", position.seconds);
    member("metrics_bytes", position.metrics_bytes);
    member("best_accuracy", position.best_accuracy);
    member("best_epoch", position.best_epoch);
}

std::string to_text(const RunPosition &position) {
    nlohmann::ordered_json json;
    for_each_member(position, [&](const char *key, const auto &value) { json[key] = value; });
    return json.dump();
}

Status from_text(const std::string &where, const std::string &text, RunPosition &position) {
    const auto json = nlohmann::json::parse(text, nullptr, false);
    if (!json.is_object()) return {ErrorCode::invalid_file, where + ": expected a JSON object"};
    Status status;
    for_each_member(position, [&](const char *key, auto &value) {
        const auto found = json.find(key);
        if (found == json.end() || !found->is_number()) {
            if (status.ok()) status = {ErrorCode::invalid_file, where + ", " + key + ": expected a number"};
            return;
        }
        found->get_to(value);
    });
    return status;
}

}  // namespace

Status write_checkpoint(const std::string &path, const Checkpoint &checkpoint) {
    TensorFile file = file_of(checkpoint.model);
    file.tensors.insert(checkpoint.optimizer.begin(), checkpoint.optimizer.end());
    file.metadata[position_key] = to_text(checkpoint.position);
    file.metadata[recipe_key] = checkpoint.recipe;
    return write_safetensors(path, file);
}

Status read_checkpoint(const std::string &path, Checkpoint &checkpoint) {
    TensorFile file;
    if (Status status = read_safetensors(path, file); !status.ok()) return status;
    Checkpoint read;
    for (const auto &[key, text] :
         {std::pair{position_key, static_cast<std::string *>(nullptr)}, {recipe_key, &read.recipe}}) {
        const auto found = file.metadata.find(key);
        if (found == file.metadata.end()) {
            return {ErrorCode::invalid_file,
                    path + ": expected the metadata '" + key + "' of a checkpoint, found none"};
        }
        if (text != nullptr) *text = found->second;
    }
    Status status = from_text(path + ", " + position_key, file.metadata.at(position_key), read.position);
    if (!status.ok()) return status;
    for (const auto &[name, tensor] : file.tensors) {
        if (name.starts_with("optimizer.")) read.optimizer.emplace(name, tensor);
    }
    status = model_from_file(path, std::move(file), read.model);
    if (status.ok()) checkpoint = std::move(read);
    return status;
}

}  // namespace dsq
