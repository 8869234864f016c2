#include "model/network_json.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

namespace dsq {
namespace {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;  // to write: it looks for a key among all others

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

OrderedJson quantizer_to_json(const Quantizer &quantizer) {
    return {{"method", std::string(name(quantizer.method))},
            {"bits", quantizer.bits},
            {"bounds", name_in(bounds_modes, quantizer.bounds)},
            {"bound_gradient", name_in(bound_gradients, quantizer.bound_gradient)}};
}

OrderedJson layer_to_json(const Layer &layer) {
    OrderedJson json{{"name", layer.name}, {"operation", std::string(name(layer.operation))}, {"inputs", layer.inputs}};
    if (layer.channels != 0) json["channels"] = layer.channels;
    if (layer.kernel != 1) json["kernel"] = layer.kernel;
    if (layer.stride != 1) json["stride"] = layer.stride;
    if (layer.padding != 0) json["padding"] = layer.padding;
    if (is_quantized(layer.weight_quantizer)) json["weight_quantizer"] = quantizer_to_json(layer.weight_quantizer);
    if (is_quantized(layer.input_quantizer)) json["input_quantizer"] = quantizer_to_json(layer.input_quantizer);
    return json;
}

// What was found, on one line: what is nested is not shown, as its depth would be that of the call.
std::string found_text(const Json &json) {
    constexpr std::size_t most = 60;
    if (json.is_structured()) return json.is_array() ? "an array" : "an object";
    return json.dump(-1, ' ', false, Json::error_handler_t::replace).substr(0, most);
}

std::optional<int> int_of(const Json &json) {
    constexpr std::int64_t largest = 1'000'000'000;
    if (!json.is_number_integer() || json < -largest || json > largest) return std::nullopt;
    return json.get<int>();
}

std::optional<float> float_of(const Json &json) {
    if (!json.is_number()) return std::nullopt;
    const auto number = json.get<double>();
    if (!(std::abs(number) <= double{std::numeric_limits<float>::max()})) return std::nullopt;
    return static_cast<float>(number);
}

// Names stand in messages, and in the names of symbols and files that are made of the network.
constexpr std::size_t longest_name = 100;
bool is_name(const std::string &text) {
    return !text.empty() && text.size() <= longest_name &&
           std::none_of(
               text.begin(), text.end(), [](unsigned char character) { return character < ' ' || character == 127; });
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
        read(key, value, "an integer from -10^9 to 10^9", int_of);
    }
    void read(const char *key, std::string &value) {
        const Json *member = find(key);
        if (member == nullptr) return;
        if (!member->is_string()) return fail(key, "a string", *member);
        value = member->get<std::string>();
    }
    void read_name(const char *key, std::string &value) {
        read(key, value);
        if (status_.ok() && !is_name(value)) fail(key, "1 to 100 characters, none of them for control", Json(value));
    }
    void read(const char *key, std::vector<int> &values) {
        read_all(key, values, "integers from -10^9 to 10^9", int_of);
    }
    void read(const char *key, std::vector<float> &values) {
        read_all(key, values, "numbers that float32 holds", float_of);
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
    template <typename Value, typename Convert>
    void read(const char *key, Value &value, const char *expected, Convert convert) {
        const Json *member = find(key);
        if (member == nullptr) return;
        const auto converted = convert(*member);
        if (!converted) return fail(key, expected, *member);
        value = *converted;
    }
    template <typename Value, typename Convert>
    void read_all(const char *key, std::vector<Value> &values, const std::string &expected, Convert convert) {
        const Json *list = array(key);
        if (list == nullptr) return;
        for (const Json &element : *list) {
            const auto converted = convert(element);
            if (!converted) return fail(key, expected, element);
            values.push_back(*converted);
        }
    }
    const Json *find(const char *key) {
        if (!status_.ok()) return nullptr;
        if (!json_.contains(key)) {
            status_ = {ErrorCode::invalid_file, where_ + ": expected a member '" + key + "', found none"};
            return nullptr;
        }
        return &json_[key];
    }
    void fail(const std::string &key, const std::string &expected, const Json &found) {
        status_ = {
            ErrorCode::invalid_file,
            where_ + (key.empty() ? "" : ", " + key) + ": expected " + expected + ", found " + found_text(found)};
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
    reader.read_name("name", layer.name);
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
    OrderedJson layers = OrderedJson::array();
    for (const Layer &layer : network.layers) layers.push_back(layer_to_json(layer));
    const OrderedJson json{{"name", network.name},
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
    reader.read_name("name", parsed.name);
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
    if (std::any_of(
            parsed.deviation.begin(), parsed.deviation.end(), [](float x) { return !std::isnormal(x) || x < 0; })) {
        return {ErrorCode::invalid_file, where + ", deviation: expected positive numbers, found another"};
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
