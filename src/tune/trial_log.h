/// The file of trials: a line of JSON for each.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "tune/tune.h"

namespace dsq {

class TrialLog {
public:
    /// Reads what is there, of this version, this unit and these cores; lines that are damaged, such as a last one that
    /// was cut off, are left out. Error: invalid_file.
    Status open(const TuningOptions &options);

    /// Whether it was tried; its costs and error.
    bool find(Trial &trial) const;
    /// Error: invalid_file.
    Status add(const Trial &trial);

private:
    using Key = std::pair<std::string, std::string>;  // of the layer, of the choice
    using Json = nlohmann::ordered_json;
    static Key key_of(const Trial &trial);
    std::optional<Trial> read(const Json &json) const;

    std::string path_, version_, unit_;
    std::vector<std::string> cores_;
    std::map<Key, Trial> trials_;
};

}  // namespace dsq
