/// What a report says of a run's metrics.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "dsq/status.h"

namespace dsq::cli {

/// From the lines of metrics.jsonl: name, facts, summary, epochs, steps, quantizers. Long series are thinned out.
/// Error: invalid_file where a line lacks what its kind promises.
Status run_data(const std::vector<nlohmann::ordered_json> &lines, nlohmann::ordered_json &data);

}  // namespace dsq::cli
