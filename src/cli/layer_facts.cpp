#include "layer_facts.h"

#include <set>

#include "dsq/quantize.h"
#include "model/parameters.h"

namespace dsq::cli {
namespace {

constexpr int float_bits = 32;

std::optional<Quantizer> quantizer_of(const Quantizer &quantizer) {
    return is_quantized(quantizer) ? std::optional(quantizer) : std::nullopt;
}

Status count_codes(LayerFacts &layer) {
    if (!layer.weight_quantizer) return {};
    std::vector<std::uint8_t> codes(layer.weights.size());
    Status status = quantize_codes(*layer.weight_quantizer, layer.weights, codes);
    layer.codes_used = static_cast<int>(std::set(codes.begin(), codes.end()).size());
    return status;
}

}  // namespace

Status layer_facts(const Model &model, std::vector<LayerFacts> &layers) {
    std::vector<Shape> shapes;
    if (Status status = infer_shapes(model.network, shapes); !status.ok()) return status;
    for (const ParameterTensor &parameter : parameter_tensors(model.network, shapes)) {
        if (parameter.role != Role::weight) continue;
        const auto index = static_cast<std::size_t>(parameter.layer);
        const Layer &layer = model.network.layers[index];
        const Shape &output = shapes[index];
        LayerFacts facts{.name = layer.name,
                         .operation = std::string(name(layer.operation)),
                         .output = output,
                         .macs = double(parameter.size()) * output.width * output.height,
                         .weights = model.tensors.at(parameter.name).as<float>().value(),
                         .weight_quantizer = quantizer_of(layer.weight_quantizer),
                         .input_quantizer = quantizer_of(layer.input_quantizer)};
        const int bits = facts.weight_quantizer ? facts.weight_quantizer->bits : float_bits;
        facts.bytes = double(parameter.size()) * bits / 8;
        if (Status status = count_codes(facts); !status.ok()) {
            return {status.code(), "layer " + layer.name + ": " + status.message()};
        }
        layers.push_back(std::move(facts));
    }
    return {};
}

}  // namespace dsq::cli
