#include "tune/trial_log.h"

#include <fstream>
#include <nlohmann/json.hpp>

namespace dsq {
namespace {

using Json = nlohmann::ordered_json;

std::string choice_text(const WayChoice &choice) {
    return std::string(name(choice.way)) + " " + std::to_string(choice.tile.pixels) + "x" +
           std::to_string(choice.tile.channels);
}

std::string key_text(const LayerKey &key) {
    return key.variant + " " + layer_text(key) + " " + std::to_string(key.weight_bits) + "/" +
           std::to_string(key.input_bits) + " " + key.epilogue;
}

}  // namespace

TrialLog::Key TrialLog::key_of(const Trial &trial) {
    return {key_text(trial.key), choice_text(trial.choice)};
}

Status TrialLog::open(const TuningOptions &options) {
    path_ = options.log;
    version_ = options.version;
    cores_ = options.cores;
    std::ifstream file(path_);
    for (std::string line; std::getline(file, line);) {
        const Json json = Json::parse(line, nullptr, false);
        if (json.is_discarded() || json.value("dsq", "") != version_) continue;
        Trial trial;
        trial.error = json.value("error", "");
        for (const std::string &core : cores_) {
            if (json.contains(core)) trial.costs.push_back(json[core]);
        }
        if (trial.error.empty() && trial.costs.size() != cores_.size()) continue;
        trials_[{json.value("layer", ""), json.value("choice", "")}] = trial;
    }
    std::ofstream test(path_, std::ios::app);
    return test ? Status{} : Status{ErrorCode::invalid_file, path_ + ": cannot write there"};
}

bool TrialLog::find(Trial &trial) const {
    const auto found = trials_.find(key_of(trial));
    if (found == trials_.end()) return false;
    trial.costs = found->second.costs;
    trial.error = found->second.error;
    return true;
}

Status TrialLog::add(const Trial &trial) {
    const auto [layer, choice] = key_of(trial);
    Json json{{"dsq", version_}, {"layer", layer}, {"choice", choice}};
    for (std::size_t core = 0; core < trial.costs.size(); ++core) json[cores_[core]] = trial.costs[core];
    if (!trial.error.empty()) json["error"] = trial.error;
    std::ofstream file(path_, std::ios::app);
    file << json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
    file.close();
    return file ? Status{} : Status{ErrorCode::invalid_file, path_ + ": cannot be written"};
}

}  // namespace dsq
