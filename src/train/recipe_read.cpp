// Recipes from TOML: the file, then what --set gives.
#include <algorithm>
#include <filesystem>
#include <sstream>

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

#include "train/recipe_keys.h"
#include "train/text_file.h"

namespace dsq {
namespace {

/// Stores what a node of the file holds, if it is what the key takes; tells whether it was.
struct Store {
    const RecipeKey &key;
    const toml::node &node;

    template <typename Number>
    bool number(const toml::node &from, Number &to) const {
        constexpr bool integer = std::is_integral_v<Number>;
        using Read = std::conditional_t<integer, std::int64_t, double>;
        const std::optional<Read> read = integer || from.is_number() ? from.value<Read>() : std::nullopt;
        if (!read || from.is_boolean()) return false;
        if (!(static_cast<double>(*read) >= key.least && static_cast<double>(*read) <= key.most)) return false;
        if (integer && !from.is_integer()) return false;
        to = static_cast<Number>(*read);
        return true;
    }
    template <typename Number>
    bool list(std::vector<Number> &to) const {
        const toml::array *array = node.as_array();
        std::vector<Number> values(array == nullptr ? 0 : array->size());
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (!number((*array)[i], values[i])) return false;
        }
        to = values;
        return array != nullptr;
    }

    bool operator()(bool *to) const {
        *to = node.value_exact<bool>().value_or(false);
        return node.is_boolean();
    }
    bool operator()(int *to) const {
        return number(node, *to);
    }
    bool operator()(std::uint64_t *to) const {
        const std::optional<std::int64_t> read = node.value_exact<std::int64_t>();
        *to = static_cast<std::uint64_t>(read.value_or(0));
        return read.has_value() && *read >= 0;
    }
    bool operator()(float *to) const {
        return number(node, *to);
    }
    bool operator()(std::string *to) const {
        *to = node.value_exact<std::string>().value_or("");
        const bool known = key.choices.empty() || std::count(key.choices.begin(), key.choices.end(), *to) > 0;
        return node.is_string() && known;
    }
    bool operator()(std::optional<int> *to) const {
        return number(node, to->emplace());
    }
    bool operator()(std::vector<int> *to) const {
        return list(*to);
    }
    bool operator()(std::vector<float> *to) const {
        return list(*to);
    }
};

std::string found_text(const toml::node &node) {
    if (node.is_table()) return "a table";
    std::ostringstream text;
    if (const toml::array *array = node.as_array(); array != nullptr) {
        for (const toml::node &element : *array) {
            text << (text.tellp() == 0 ? "[" : ", ") << found_text(element);
        }
        text << (array->empty() ? "[]" : "]");
    } else if (const auto number = node.value_exact<double>(); number.has_value()) {
        text << *number;
    } else {
        node.visit([&](const auto &value) { text << value; });
    }
    return text.str();
}

std::string path_in(std::string_view table, std::string_view name) {
    return (table.empty() ? "" : std::string(table) + ".") + std::string(name);
}

class Reader {
public:
    Reader(std::string path, Recipe &recipe)
        : path_(std::move(path)), recipe_(recipe), keys_(recipe_keys(recipe)), origins_{path_, {}} {
    }

    Status read_file() {
        std::string text;
        if (Status status = read_text_file(path_, "a recipe", text); !status.ok()) return status;
        const toml::parse_result parsed = toml::parse(text, path_);
        if (!parsed) {
            return {ErrorCode::invalid_file,
                    at_line(parsed.error().source()) +
                        ": expected TOML, found: " + std::string(parsed.error().description())};
        }
        recipe_.name = std::filesystem::path(path_).stem().string();
        return read_table(parsed.table(), "", keys_);
    }

    /// "optimizer.learning_rate=0.1".
    Status apply(const std::string &setting) {
        const std::string where = "--set " + setting;
        const std::size_t equals = setting.find('=');
        if (equals == std::string::npos) {
            return {ErrorCode::invalid_argument, where + ": expected key=value"};
        }
        const std::string name = setting.substr(0, equals);
        const RecipeKey *key = find(keys_, name);
        if (key == nullptr) {
            const bool table = name == layers_table;
            return {ErrorCode::invalid_argument,
                    table ? where + ": " + name + " can only be given in the file, as [[" + name + "]]"
                          : unknown(where, name)};
        }
        origins_.of_keys[key->path] = where;
        return store_text(*key, setting.substr(equals + 1));
    }

    const RecipeOrigins &origins() const {
        return origins_;
    }

private:
    std::string at_line(const toml::source_region &source) const {
        return path_ + ":" + std::to_string(source.begin.line);
    }
    static const RecipeKey *find(const std::vector<RecipeKey> &keys, std::string_view path) {
        const auto found =
            std::find_if(keys.begin(), keys.end(), [&](const RecipeKey &key) { return key.path == path; });
        return found == keys.end() ? nullptr : &*found;
    }
    static std::string unknown(const std::string &where, const std::string &path) {
        return where + ": unknown key '" + path + "'; the nearest is '" + nearest_key(path) + "'";
    }
    static std::string mistaken(const std::string &where, const RecipeKey &key, const std::string &found) {
        return where + ": " + key.path + ": expected " + expected_value(key) + ", found " + found;
    }

    bool is_table(std::string_view path) const {
        return std::any_of(keys_.begin(), keys_.end(), [&](const RecipeKey &key) {
            return key.path.starts_with(std::string(path) + ".");
        });
    }

    Status read_table(const toml::table &table, std::string_view name, const std::vector<RecipeKey> &keys) {
        for (const auto &[node_name, node] : table) {
            const std::string path = path_in(name, node_name.str());
            const std::string where = at_line(node_name.source());
            Status status;
            if (const RecipeKey *key = find(keys, path); key != nullptr) {
                status = store(*key, node, where);
            } else if (path == layers_table) {
                status = read_layers(node, where);
            } else if (is_table(path)) {
                status =
                    node.is_table()
                        ? read_table(*node.as_table(), path, keys)
                        : Status(ErrorCode::invalid_file,
                                 std::string(where).append(": ").append(path).append(": expected a table, found ") +
                                     found_text(node));
            } else {
                status = {ErrorCode::invalid_file, unknown(where, path)};
            }
            if (!status.ok()) return status;
        }
        return {};
    }

    Status read_layers(const toml::node &node, const std::string &where) {
        const toml::array *array = node.as_array();
        if (array == nullptr || !array->is_homogeneous(toml::node_type::table)) {
            const std::string name(layers_table);
            return {ErrorCode::invalid_file,
                    where + ": " + name + ": expected tables, [[" + name + "]], found " + found_text(node)};
        }
        for (const toml::node &entry : *array) {
            LayerOverride &layer = recipe_.quantization.layers.emplace_back();
            const std::vector<RecipeKey> keys = layer_keys(layer);
            if (Status status = read_table(*entry.as_table(), layers_table, keys); !status.ok()) return status;
            if (layer.layer.empty()) {
                return {ErrorCode::invalid_file, mistaken(at_line(entry.source()), keys.front(), "none")};
            }
        }
        return {};
    }

    Status store(const RecipeKey &key, const toml::node &node, const std::string &where) {
        origins_.of_keys[key.path] = where;
        if (std::visit(Store{key, node}, key.value)) return {};
        return {ErrorCode::invalid_file, mistaken(where, key, found_text(node))};
    }

    /// A text needs no quotes here, a list no brackets.
    static Status store_text(const RecipeKey &key, const std::string &text) {
        const std::string where = "--set " + key.path + "=" + text;
        const bool is_text = std::holds_alternative<std::string *>(key.value);
        const bool is_list = std::holds_alternative<std::vector<int> *>(key.value) ||
                             std::holds_alternative<std::vector<float> *>(key.value);
        const bool quoted = text.size() >= 2 && (text.front() == '"' || text.front() == '\'');
        if (is_text && !quoted) {
            if (std::visit(Store{key, toml::value(text)}, key.value)) return {};
        } else {
            const toml::parse_result parsed =
                toml::parse("value = " + (is_list && !text.starts_with('[') ? "[" + text + "]" : text));
            const bool one = parsed && parsed.table().size() == 1;
            if (one && std::visit(Store{key, *parsed.table().get("value")}, key.value)) return {};
        }
        return {ErrorCode::invalid_argument, mistaken(where, key, "'" + text + "'")};
    }

    std::string path_;
    Recipe &recipe_;
    std::vector<RecipeKey> keys_;
    RecipeOrigins origins_;
};

}  // namespace

Status read_recipe(const std::string &path, std::span<const std::string> overrides, Recipe &recipe) {
    Recipe read;
    Reader reader(path, read);
    Status status = reader.read_file();
    for (std::size_t i = 0; i < overrides.size() && status.ok(); ++i) {
        status = reader.apply(overrides[i]);
    }
    if (status.ok()) status = complete_recipe(reader.origins(), read);
    if (status.ok()) recipe = std::move(read);
    return status;
}

}  // namespace dsq
