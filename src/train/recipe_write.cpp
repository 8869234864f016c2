// Recipes as JSON, and their keys as documentation.
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <type_traits>

#include "train/recipe_keys.h"

namespace dsq {
namespace {

using Json = nlohmann::ordered_json;

/// 0.1 for 0.1F, not 0.10000000149.
double shortest(float number) {
    std::array<char, 32> text{};
    const auto written = std::to_chars(text.data(), text.data() + text.size(), number);
    double value = 0;
    std::from_chars(text.data(), written.ptr, value);
    return value;
}

struct ToJson {
    template <typename Value>
    Json operator()(const Value *value) const {
        return *value;
    }
    Json operator()(const float *value) const {
        return shortest(*value);
    }
    Json operator()(const std::optional<int> *value) const {
        return value->has_value() ? Json(**value) : Json();
    }
    Json operator()(const std::vector<float> *values) const {
        Json list = Json::array();
        for (const float value : *values) list.push_back(shortest(value));
        return list;
    }
};

/// The object of this table ("quantization.weights"), made where it is missing.
Json &table_in(Json &json, std::string_view table) {
    if (table.empty()) return json;
    return table_in(json, table_of(table))[std::string(last_part(table))];
}

Json layers_to_json(std::vector<LayerOverride> layers) {
    Json list = Json::array();
    for (LayerOverride &layer : layers) {
        Json &entry = list.emplace_back();
        for (const RecipeKey &key : layer_keys(layer)) {
            Json value = std::visit(ToJson(), key.value);
            if (!value.is_null()) entry[std::string(last_part(key.path))] = std::move(value);
        }
    }
    return list;
}

/// As one writes it in the file; what is empty by default says so in its description.
std::string default_text(const RecipeKey &key) {
    if (key.required) return "required";
    const Json value = std::visit(ToJson(), key.value);
    const bool empty = value.is_null() || value == "" || value == Json::array();
    return empty ? "" : "`" + value.dump() + "`";
}

std::string heading(std::string_view table) {
    const std::string name(table);
    if (table.empty()) return "### At the top\n";
    return "### " + (table == layers_table ? "[[" + name + "]], once for each layer" : "[" + name + "]") + "\n";
}

std::string reference_of(const std::vector<RecipeKey> &keys) {
    std::string text;
    const RecipeKey *last = nullptr;
    for (const RecipeKey &key : keys) {
        if (last == nullptr || table_of(last->path) != table_of(key.path)) {
            text += (text.empty() ? "" : "\n") + heading(table_of(key.path));
            text += "\n| key | takes | default | what |\n|---|---|---|---|\n";
        }
        text += "| `" + std::string(last_part(key.path)) + "` | " + expected_value(key) + " | " + default_text(key) +
                " | " + std::string(key.what) + " |\n";
        last = &key;
    }
    return text;
}

}  // namespace

nlohmann::ordered_json to_json(const Recipe &recipe) {
    Recipe copy = recipe;
    Json json;
    for (const RecipeKey &key : recipe_keys(copy)) {
        table_in(json, table_of(key.path))[std::string(last_part(key.path))] = std::visit(ToJson(), key.value);
    }
    table_in(json, layers_table) = layers_to_json(copy.quantization.layers);
    return json;
}

std::string recipe_reference() {
    Recipe recipe;
    LayerOverride layer;
    return reference_of(recipe_keys(recipe)) + "\n" + reference_of(layer_keys(layer));
}

}  // namespace dsq
