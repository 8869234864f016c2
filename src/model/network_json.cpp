#include "model/network_json.h"

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

namespace dsq {
namespace {

using Json = nlohmann::ordered_json;

template <typename Enum>
struct Named {
    Enum value;
    const char *name;
};

constexpr std::array<Named<BoundsMode>, 3> bounds_modes{
    {{BoundsMode::fixed, "fixed"}, {BoundsMode::learned, "learned"}, {BoundsMode::moving_average, "moving_average"}}};
constexpr std::array<Named<BoundGradient>, 2> bound_gradients{
    {{BoundGradient::soft, "soft"}, {BoundGradient::hard, "hard"}}};

template <typename Table, typename Enum>
const char *name_in(const Table &table, Enum value) {
    for (const auto &entry : table) {
        if (entry.value == value) return entry.name;
    }
    return "";
}

Json quantizer_to_json(const Quantizer &quantizer) {
    return {{"method", std::string(name(quantizer.method))},
            {"bits", quantizer.bits},
            {"bounds", name_in(bounds_modes, quantizer.bounds)},
            {"bound_gradient", name_in(bound_gradients, quantizer.bound_gradient)}};
}

Json layer_to_json(const Layer &layer) {
    Json json{{"name", layer.name}, {"operation", std::string(name(layer.operation))}, {"inputs", layer.inputs}};
    if (layer.channels != 0) json["channels"] = layer.channels;
    if (layer.kernel != 1) json["kernel"] = layer.kernel;
    if (layer.stride != 1) json["stride"] = layer.stride;
    if (layer.padding != 0) json["padding"] = layer.padding;
    if (is_quantized(layer.weight_quantizer)) json["weight_quantizer"] = quantizer_to_json(layer.weight_quantizer);
    if (is_quantized(layer.input_quantizer)) json["input_quantizer"] = quantizer_to_json(layer.input_quantizer);
    return json;
}

// Reads the members of an object, and remembers the first thing that is wrong.
class Reader {
public:
    Reader(std::string where, const Json &json) : where_(std::move(where)), json_(json) {
        if (!json.is_object()) fail("", "an object", json);
    }

    bool has(const char *key) const {
        return json_.is_object() && json_.contains(key);
    }
    void read(const char *key, int &value) {
        const Json *member = find(key);
        if (member == nullptr) return;
        if (!member->is_number_integer() || *member < -1000000000 || *member > 1000000000) {
            return fail(key, "an integer", *member);
        }
        value = member->get<int>();
    }
    void read(const char *key, std::string &value) {
        const Json *member = find(key);
        if (member == nullptr) return;
        if (!member->is_string()) return fail(key, "a string", *member);
        value = member->get<std::string>();
    }
    template <typename Number>
    void read(const char *key, std::vector<Number> &values) {
        const Json *member = find(key);
        if (member == nullptr) return;
        if (!member->is_array()) return fail(key, "an array of numbers", *member);
        for (const Json &element : *member) {
            if (!element.is_number()) return fail(key, "an array of numbers", *member);
            values.push_back(element.get<Number>());
        }
    }
    template <typename Table, typename Enum>
    void read(const char *key, const Table &table, Enum &value) {
        std::string text, expected;
        read(key, text);
        if (!status_.ok()) return;
        for (const auto &entry : table) {
            if (text == entry.name) {
                value = entry.value;
                return;
            }
            expected += std::string(expected.empty() ? "" : ", ") + entry.name;
        }
        fail(key, expected, Json(text));
    }
    const Json *array(const char *key) {
        const Json *member = find(key);
        if (member != nullptr && !member->is_array()) fail(key, "an array", *member);
        return status_.ok() ? member : nullptr;
    }
    const Json &member(const char *key) const {
        return json_[key];
    }
    const std::string &where() const {
        return where_;
    }
    void take(Status status) {
        if (status_.ok()) status_ = std::move(status);
    }
    Status status() const {
        return status_;
    }

private:
    const Json *find(const char *key) {
        if (!status_.ok()) return nullptr;
        if (!json_.contains(key)) {
            status_ = {ErrorCode::invalid_file, where_ + ": expected a member '" + key + "', found none"};
            return nullptr;
        }
        return &json_[key];
    }
    void fail(const std::string &key, const std::string &expected, const Json &found) {
        status_ = {ErrorCode::invalid_file,
                   where_ + (key.empty() ? "" : ", " + key) + ": expected " + expected + ", found " +
                       found.dump(-1, ' ', false, Json::error_handler_t::replace).substr(0, 60)};
    }

    std::string where_;
    const Json &json_;
    Status status_;
};

Status quantizer_from_json(const std::string &where, const Json &json, Quantizer &quantizer) {
    Reader reader(where, json);
    std::string method;
    reader.read("method", method);
    reader.read("bits", quantizer.bits);
    reader.read("bounds", bounds_modes, quantizer.bounds);
    reader.read("bound_gradient", bound_gradients, quantizer.bound_gradient);
    if (!reader.status().ok()) return reader.status();
    const std::optional<Method> named = method_from_name(method);
    if (!named) return {ErrorCode::invalid_file, where + ", method: expected a method of dsq, found '" + method + "'"};
    if (quantizer.bits < 1 || quantizer.bits > 8) {
        return {ErrorCode::invalid_file, where + ", bits: expected 1 to 8, found " + std::to_string(quantizer.bits)};
    }
    quantizer.method = *named;
    return {};
}

Status operation_from_name(const std::string &where, const std::string &text, Operation &operation) {
    for (int i = 0; i <= static_cast<int>(Operation::global_average_pool); ++i) {
        if (text == name(static_cast<Operation>(i))) {
            operation = static_cast<Operation>(i);
            return {};
        }
    }
    return {ErrorCode::invalid_file, where + ", operation: expected one of dsq's, found '" + text + "'"};
}

Status layer_from_json(const std::string &where, const Json &json, Layer &layer) {
    Reader reader(where, json);
    std::string operation;
    reader.read("name", layer.name);
    reader.read("operation", operation);
    reader.read("inputs", layer.inputs);
    if (reader.has("channels")) reader.read("channels", layer.channels);
    if (reader.has("kernel")) reader.read("kernel", layer.kernel);
    if (reader.has("stride")) reader.read("stride", layer.stride);
    if (reader.has("padding")) reader.read("padding", layer.padding);
    if (!reader.status().ok()) return reader.status();
    for (const auto &[key, quantizer] :
         {std::pair{"weight_quantizer", &layer.weight_quantizer}, {"input_quantizer", &layer.input_quantizer}}) {
        if (reader.has(key)) reader.take(quantizer_from_json(where + ", " + key, reader.member(key), *quantizer));
    }
    reader.take(operation_from_name(where, operation, layer.operation));
    return reader.status();
}

}  // namespace

std::string network_to_json(const Network &network) {
    Json layers = Json::array();
    for (const Layer &layer : network.layers) layers.push_back(layer_to_json(layer));
    const Json json{{"name", network.name},
                    {"input", {network.input.channels, network.input.width, network.input.height}},
                    {"mean", network.mean},
                    {"deviation", network.deviation},
                    {"layers", layers}};
    return json.dump();
}

Status network_from_json(const std::string &where, std::string_view text, Network &network) {
    const Json json = Json::parse(text, nullptr, false);
    if (json.is_discarded()) return {ErrorCode::invalid_file, where + ": expected JSON"};
    Network parsed;
    std::vector<int> input;
    Reader reader(where, json);
    reader.read("name", parsed.name);
    reader.read("input", input);
    reader.read("mean", parsed.mean);
    reader.read("deviation", parsed.deviation);
    const Json *layers = reader.array("layers");
    if (!reader.status().ok()) return reader.status();
    if (input.size() != 3 || input[0] < 1 || input[1] < 1 || input[2] < 1) {
        return {ErrorCode::invalid_file, where + ", input: expected channels, width and height, each at least 1"};
    }
    parsed.input = {input[0], input[1], input[2]};
    const auto channels = static_cast<std::size_t>(input[0]);
    if (parsed.mean.size() != channels || parsed.deviation.size() != channels) {
        return {ErrorCode::invalid_file, where + ", mean, deviation: expected a number for each channel"};
    }
    for (const Json &element : *layers) {
        Layer layer;
        const std::string at = where + ", layers[" + std::to_string(parsed.layers.size()) + "]";
        if (Status status = layer_from_json(at, element, layer); !status.ok()) return status;
        parsed.layers.push_back(std::move(layer));
    }
    std::vector<Shape> shapes;
    if (Status status = infer_shapes(parsed, shapes); !status.ok()) {
        return {ErrorCode::invalid_file, where + ": " + status.message()};
    }
    network = std::move(parsed);
    return {};
}

}  // namespace dsq
