/// What is kept of a run that is reported (docs/results/).
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "dsq/status.h"

namespace dsq::cli {

/// From the lines of metrics.jsonl: command, commits, machine, seed, epochs, final and best test accuracy in percent,
/// the recipe, and the curve of the epochs. Error: invalid_file where no epoch was finished.
Status run_results(const std::vector<nlohmann::ordered_json> &lines, nlohmann::ordered_json &results);

}  // namespace dsq::cli
