/// The report of a run as one HTML page that loads nothing.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace dsq::cli {

/// `data` is what report_data makes.
std::string report_page(const nlohmann::ordered_json &data);

}  // namespace dsq::cli
