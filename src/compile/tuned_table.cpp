#include "compile/tuned_table.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>

#include "compile/shipped_tables.h"

namespace dsq {
namespace {

using Json = nlohmann::ordered_json;

constexpr int version = 1;
constexpr int largest_number = 1 << 20;

Status wrong(const std::string &what, const std::string &expected, const std::string &found) {
    return {ErrorCode::invalid_argument, what + ": expected " + expected + ", found " + found};
}

// Numbers and the text between them: "%x%s%" takes three.
bool scan(std::string_view text, std::string_view pattern, std::initializer_list<int *> numbers) {
    auto number = numbers.begin();
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (pattern[i] != '%') {
            if (text.empty() || text.front() != pattern[i]) return false;
            text.remove_prefix(1);
            continue;
        }
        const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), **number);
        if (failure != std::errc{} || **number < 1 || **number > largest_number) return false;
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        ++number;
    }
    return text.empty();
}

std::string bits_text(const LayerKey &key) {
    return std::to_string(key.weight_bits) + "/" + std::to_string(key.input_bits);
}

std::string tile_text(const Tile &tile) {
    return std::to_string(tile.pixels) + "x" + std::to_string(tile.channels);
}

// What fills vectors, and is no more than compilers take.
bool is_usable(const WayChoice &choice) {
    constexpr int most_pixels = 32, most_channels = 64, vector = 16;
    const auto &[pixels, channels] = choice.tile;
    if (pixels > most_pixels) return false;
    if (choice.way == ConvolutionWay::depthwise) return true;  // which has all channels in its tile
    return channels <= most_channels && (channels % vector == 0 || channels == vector / 2 || channels == vector / 4) &&
           pixels * channels <= most_pixels * vector;
}

Status parse_way(const Json &json, TunedWay &way) {
    const std::string tile = json.at("tile");
    way.cost = json.at("cost");
    Status status = find_way(json.at("way").get<std::string>(), way.choice.way);
    Tile &found = way.choice.tile;
    const bool is_read = scan(tile, "%x%", {&found.pixels, &found.channels});
    if (status.ok() && (!is_read || !is_usable(way.choice))) {
        status = wrong("tile", "pixels x channels like 2x64", "'" + tile + "'");
    }
    if (status.ok() && !(way.cost > 0)) status = wrong("cost", "one above 0", std::to_string(way.cost));
    return status;
}

Status parse_layer(const Json &json, TunedLayer &layer) {
    layer.key.variant = json.at("variant");
    layer.key.epilogue = json.at("epilogue");
    Status status = read_layer_text(json.at("layer"), layer.key);
    if (status.ok()) status = read_bits_text(json.at("bits"), layer.key);
    for (const Json &way : json.at("ways")) {
        if (!status.ok()) return status;
        layer.ways.emplace_back();
        status = parse_way(way, layer.ways.back());
    }
    layer.default_cost = json.value("default", 0.0);
    return status;
}

Status read_layer(const Json &json, TunedLayer &layer) {
    try {
        return parse_layer(json, layer);
    } catch (const Json::exception &failure) {
        return {ErrorCode::invalid_argument, failure.what()};
    }
}

// Whole ones without a point.
Json number(double value) {
    constexpr double largest = 1e15;
    if (std::abs(value) < largest && value == std::floor(value)) return static_cast<std::int64_t>(value);
    return value;
}

Json to_json(const TunedLayer &layer) {
    Json ways = Json::array();
    for (const TunedWay &way : layer.ways) {
        ways.push_back({{"way", std::string(name(way.choice.way))},
                        {"tile", tile_text(way.choice.tile)},
                        {"cost", number(way.cost)}});
    }
    Json json{{"variant", layer.key.variant},
              {"layer", layer_text(layer.key)},
              {"bits", bits_text(layer.key)},
              {"epilogue", layer.key.epilogue},
              {"ways", ways}};
    if (layer.default_cost > 0) json["default"] = number(layer.default_cost);
    return json;
}

Status parse(const Json &json, TunedTable &table) {
    if (const int found = json.at("version"); found != version) {
        return wrong("version", std::to_string(version), std::to_string(found));
    }
    table.core = json.at("core");
    table.unit = json.at("unit");
    for (const Json &row : json.at("layers")) {
        TunedLayer layer;
        const Status status = read_layer(row, layer);
        if (!status.ok()) {
            return {status.code(), "layer " + std::to_string(table.layers.size()) + ": " + status.message()};
        }
        table.layers.push_back(std::move(layer));
    }
    return {};
}

bool is_like(const LayerKey &key, LayerKey other) {
    other.epilogue = key.epilogue;
    return key == other;
}

}  // namespace

std::string layer_text(const LayerKey &key) {
    const std::string channels = key.depthwise
                                     ? std::to_string(key.out_channels) + "dw"
                                     : std::to_string(key.in_channels) + "x" + std::to_string(key.out_channels);
    return channels + "x" + std::to_string(key.kernel) + "s" + std::to_string(key.stride) + "@" +
           std::to_string(key.width) + "x" + std::to_string(key.height);
}

Status read_layer_text(const std::string &text, LayerKey &key) {
    LayerKey found = key;
    found.depthwise = text.find("dw") != std::string::npos;
    const bool is_read =
        found.depthwise
            ? scan(
                  text, "%dwx%s%@%x%", {&found.out_channels, &found.kernel, &found.stride, &found.width, &found.height})
            : scan(
                  text,
                  "%x%x%s%@%x%",
                  {&found.in_channels, &found.out_channels, &found.kernel, &found.stride, &found.width, &found.height});
    if (!is_read) return wrong("layer", "one like 64x64x3s1@56x56 or 64dwx3s1@56x56", "'" + text + "'");
    if (found.depthwise) found.in_channels = 1;
    key = found;
    return {};
}

Status read_bits_text(const std::string &text, LayerKey &key) {
    int weights = 0, inputs = 0;
    constexpr int most = 16;
    if (!scan(text, "%/%", {&weights, &inputs}) || weights > most || inputs > most) {
        return wrong("bits", "those of weights and activations like 2/2", "'" + text + "'");
    }
    key.weight_bits = weights;
    key.input_bits = inputs;
    return {};
}

const TunedLayer *TunedTable::find(const LayerKey &key) const {
    const auto exact =
        std::find_if(layers.begin(), layers.end(), [&](const TunedLayer &layer) { return layer.key == key; });
    if (exact != layers.end()) return &*exact;
    const auto like =
        std::find_if(layers.begin(), layers.end(), [&](const TunedLayer &layer) { return is_like(key, layer.key); });
    return like != layers.end() ? &*like : nullptr;
}

void TunedTable::set(TunedLayer layer) {
    const auto found =
        std::find_if(layers.begin(), layers.end(), [&](const TunedLayer &other) { return other.key == layer.key; });
    if (found != layers.end()) {
        *found = std::move(layer);
    } else {
        layers.push_back(std::move(layer));
    }
}

Status parse_tuned_table(const std::string &text, TunedTable &table) {
    TunedTable result;
    try {
        if (Status status = parse(Json::parse(text), result); !status.ok()) return status;
    } catch (const Json::exception &failure) {
        return {ErrorCode::invalid_argument, failure.what()};
    }
    table = std::move(result);
    return {};
}

Status read_tuned_table(const std::string &path, TunedTable &table) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return {ErrorCode::invalid_file, path + ": cannot be read"};
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const Status status = parse_tuned_table(text, table);
    return status.ok() ? status : Status{ErrorCode::invalid_file, path + ": " + status.message()};
}

std::string tuned_table_text(const TunedTable &table) {
    std::vector<TunedLayer> layers = table.layers;
    std::sort(layers.begin(), layers.end(), [](const TunedLayer &a, const TunedLayer &b) { return a.key < b.key; });
    std::string text = "{\"version\": " + std::to_string(version) + ", \"core\": " + Json(table.core).dump() +
                       ", \"unit\": " + Json(table.unit).dump() + ", \"layers\": [";
    const char *separator = "\n ";
    for (const TunedLayer &layer : layers) {
        text += separator + to_json(layer).dump();
        separator = ",\n ";
    }
    return text + "\n]}\n";
}

const TunedTable *shipped_table(const std::string &core) {
    static const std::map<std::string, TunedTable> tables = [] {
        std::map<std::string, TunedTable> read;
        for (const std::string_view text : shipped_tables()) {
            TunedTable table;
            if (parse_tuned_table(std::string(text), table).ok()) read[table.core] = table;
        }
        return read;
    }();
    const auto found = tables.find(core);
    return found != tables.end() ? &found->second : nullptr;
}

}  // namespace dsq
