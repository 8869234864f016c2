#include "report/page.h"

#include <nlohmann/json.hpp>
#include <string_view>

#include "report/assets.h"

namespace dsq::cli {
namespace {

/// Inside <script>, "</" would end it, and so would "<!--" begin a comment; \u003c is the same to JSON.
std::string json_in_html(const nlohmann::ordered_json &data) {
    std::string text;
    for (const char letter : data.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)) {
        if (letter == '<') {
            text += "\\u003c";
        } else {
            text += letter;
        }
    }
    return text;
}

std::string text_in_html(std::string_view text) {
    std::string escaped;
    for (const char letter : text) {
        switch (letter) {
            case '<':
                escaped += "&lt;";
                break;
            case '&':
                escaped += "&amp;";
                break;
            default:
                escaped += letter;
        }
    }
    return escaped;
}

void put(std::string &page, std::string_view place, std::string_view text) {
    const std::size_t at = page.find(place);
    if (at != std::string::npos) page.replace(at, place.size(), text);
}

std::string page_of(std::string_view html, std::string_view script, const nlohmann::ordered_json &data) {
    std::string page(html);
    put(page, "{{title}}", text_in_html(data.value("name", "run")));
    put(page, "{{style}}", assets::page_css);
    put(page, "{{chart}}", assets::chart_js);
    put(page, "{{script}}", std::string(assets::common_js) + std::string(script));
    put(page, "{{data}}", json_in_html(data));
    return page;
}

}  // namespace

std::string report_page(const nlohmann::ordered_json &data) {
    return page_of(assets::page_html, assets::page_js, data);
}

std::string plots_page(const nlohmann::ordered_json &data) {
    return page_of(assets::plots_html, assets::plots_js, data);
}

}  // namespace dsq::cli
