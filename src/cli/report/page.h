/// HTML pages that load nothing.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace dsq::cli {

/// The report of a run; `data` is what report_data makes.
std::string report_page(const nlohmann::ordered_json &data);

/// Tiles, plots and a table; plots.js says what `data` holds.
std::string plots_page(const nlohmann::ordered_json &data);

}  // namespace dsq::cli
