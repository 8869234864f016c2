#include "tune/trial_log.h"

#include <fstream>

namespace dsq {
namespace {

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

// None where it is of another version or unit. Throws where a key is missing or of a wrong type.
std::optional<Trial> TrialLog::read(const Json &json) const {
    if (json.at("dsq") != version_ || json.at("unit") != unit_) return std::nullopt;
    Trial trial;
    trial.error = json.value("error", "");
    for (const std::string &core : cores_) {
        if (trial.error.empty()) trial.costs.push_back(json.at(core));
    }
    return trial;
}

Status TrialLog::open(const TuningOptions &options) {
    path_ = options.log;
    version_ = options.version;
    unit_ = unit_of(options);
    cores_ = options.cores;
    std::ifstream file(path_);
    bool is_cut_off = false;
    for (std::string line; std::getline(file, line);) {
        is_cut_off = file.eof();
        try {
            const Json json = Json::parse(line);
            if (const auto trial = read(json)) trials_[{json.at("layer"), json.at("choice")}] = *trial;
        } catch (const Json::exception &) {  // the line is left out
        }
    }
    std::ofstream end(path_, std::ios::app);
    if (is_cut_off) end << "\n";
    end.close();
    return end ? Status{} : Status{ErrorCode::invalid_file, path_ + ": cannot write there"};
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
    Json json{{"dsq", version_}, {"unit", unit_}, {"layer", layer}, {"choice", choice}};
    for (std::size_t core = 0; core < trial.costs.size(); ++core) json[cores_[core]] = trial.costs[core];
    if (!trial.error.empty()) json["error"] = trial.error;
    std::ofstream file(path_, std::ios::app);
    file << json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
    file.close();
    return file ? Status{} : Status{ErrorCode::invalid_file, path_ + ": cannot be written"};
}

}  // namespace dsq
