/// The files that pages are made of, in the program itself.
#pragma once

#include <string_view>

namespace dsq::cli::assets {

extern const std::string_view common_js, page_html, page_css, page_js, plots_html, plots_js;
extern const std::string_view chart_js;  ///< Chart.js, MIT licence

}  // namespace dsq::cli::assets
