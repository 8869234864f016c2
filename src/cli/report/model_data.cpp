#include "report/model_data.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "dsq/quantize.h"
#include "layer_facts.h"
#include "report/rounded.h"

namespace dsq::cli {
namespace {

constexpr int histogram_bins = 60;
constexpr int curve_points = 241;

Json rounded_list(const std::vector<float> &values) {
    Json list = Json::array();
    for (const float value : values) list.push_back(rounded(value));
    return list;
}

/// Shares of the weights in bins of equal width.
Json histogram(std::span<const float> weights) {
    const auto [least, most] = std::minmax_element(weights.begin(), weights.end());
    const double width = std::max((double{*most} - *least) / histogram_bins, 1e-30);
    std::vector<float> shares(histogram_bins);
    for (const float weight : weights) {
        const auto bin = static_cast<std::size_t>((double{weight} - *least) / width);
        shares[std::min<std::size_t>(bin, histogram_bins - 1)] += 1.0F / static_cast<float>(weights.size());
    }
    return {{"start", rounded(*least)}, {"width", rounded(width)}, {"shares", rounded_list(shares)}};
}

/// The share of the weights on each value that the quantizer has.
Status value_shares(const Quantizer &quantizer, std::span<const float> weights, Json &json) {
    std::vector<std::uint8_t> codes(weights.size());
    if (Status status = quantize_codes(quantizer, weights, codes); !status.ok()) return status;
    const Grid values = grid(quantizer);
    for (int code = 0; code <= largest_code(quantizer); ++code) {
        const auto count = static_cast<double>(std::count(codes.begin(), codes.end(), code));
        json["values"].push_back(rounded(values.lower + double{values.step} * code));
        json["value_shares"].push_back(rounded(count / static_cast<double>(codes.size())));
    }
    return {};
}

Status add_histograms(const std::vector<LayerFacts> &layers, Json &data) {
    data["histograms"] = Json::array();
    for (const LayerFacts &layer : layers) {
        Json json = histogram(layer.weights);
        json["layer"] = layer.name;
        if (layer.weight_quantizer) {
            // DoReFa quantizes transformed weights: its values do not lie among these.
            const bool comparable = layer.weight_quantizer->method != Method::dorefa;
            json["bits"] = layer.weight_quantizer->bits;
            Status status = comparable ? value_shares(*layer.weight_quantizer, layer.weights, json) : Status();
            if (!status.ok()) return status;
        }
        data["histograms"].push_back(std::move(json));
    }
    return {};
}

struct NamedQuantizer {
    std::string layer;
    Quantizer quantizer;
};

bool has_soft_function(const Quantizer &quantizer) {
    return quantizer.method == Method::dsq || quantizer.method == Method::binary ||
           quantizer.method == Method::pact_dsq;
}

/// Those with the smallest, middle and largest alpha.
std::vector<NamedQuantizer> three_of(std::vector<NamedQuantizer> quantizers) {
    std::stable_sort(quantizers.begin(), quantizers.end(), [](const NamedQuantizer &a, const NamedQuantizer &b) {
        return a.quantizer.alpha < b.quantizer.alpha;
    });
    if (quantizers.size() <= 3) return quantizers;
    return {quantizers.front(), quantizers[quantizers.size() / 2], quantizers.back()};
}

Status soft_curve(const NamedQuantizer &named, Json &json) {
    constexpr float beyond = 0.12F;  // on both sides, of the range
    const Quantizer &quantizer = named.quantizer;
    const float range = quantizer.upper - quantizer.lower;
    std::vector<float> x(curve_points), soft(curve_points), hard(curve_points);
    for (int i = 0; i < curve_points; ++i) {
        const float share = static_cast<float>(i) / (curve_points - 1);
        x[static_cast<std::size_t>(i)] = quantizer.lower + range * (share * (1 + 2 * beyond) - beyond);
    }
    Status status = quantize_soft(quantizer, x, soft);
    if (status.ok()) status = quantize_values(quantizer, x, hard);
    json = {{"layer", named.layer},
            {"operand", quantizer.operand == Operand::weights ? "weights" : "activations"},
            {"bits", quantizer.bits},
            {"alpha", rounded(quantizer.alpha)},
            {"x", rounded_list(x)},
            {"soft", rounded_list(soft)},
            {"hard", rounded_list(hard)}};
    return status;
}

Status add_soft_curves(const std::vector<LayerFacts> &layers, Json &data) {
    data["soft"] = Json::array();
    for (const auto member : {&LayerFacts::weight_quantizer, &LayerFacts::input_quantizer}) {
        std::vector<NamedQuantizer> quantizers;
        for (const LayerFacts &layer : layers) {
            const std::optional<Quantizer> &quantizer = layer.*member;
            if (quantizer && has_soft_function(*quantizer)) quantizers.push_back({layer.name, *quantizer});
        }
        for (const NamedQuantizer &named : three_of(quantizers)) {
            Json curve;
            if (Status status = soft_curve(named, curve); !status.ok()) return status;
            data["soft"].push_back(std::move(curve));
        }
    }
    return {};
}

}  // namespace

Status add_model_data(const Model &model, nlohmann::ordered_json &data) {
    std::vector<LayerFacts> layers;
    Status status = layer_facts(model, layers);
    if (status.ok()) status = add_histograms(layers, data);
    if (status.ok()) status = add_soft_curves(layers, data);
    return status;
}

}  // namespace dsq::cli
