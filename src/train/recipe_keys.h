/// Every key of a recipe: the one list that reading, checking, writing and documenting go by.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "train/recipe.h"

namespace dsq {

/// Where a value is kept; its type is the type of the key.
using RecipeValue = std::variant<bool *,
                                 int *,
                                 std::uint64_t *,
                                 float *,
                                 std::string *,
                                 std::optional<int> *,
                                 std::vector<int> *,
                                 std::vector<float> *>;

struct RecipeKey {
    std::string path;  ///< "optimizer.learning_rate"
    RecipeValue value;
    std::string_view what;                       ///< for the documentation
    double least = 0;                            ///< of a number, or of each in a list
    double most = 0;                             ///< the same
    std::vector<std::string_view> choices = {};  ///< of a text; none: any
    bool required = false;
};

/// All keys but those of [[quantization.layers]], in the order of the documentation.
std::vector<RecipeKey> recipe_keys(Recipe &recipe);

/// The keys of one entry of [[quantization.layers]].
std::vector<RecipeKey> layer_keys(LayerOverride &layer);
inline constexpr std::string_view layers_table = "quantization.layers";

/// What the key takes: "an integer from 1 to 8", "sgd or adam".
std::string expected_value(const RecipeKey &key);

/// "optimizer" of "optimizer.learning_rate", "" of "epochs".
std::string_view table_of(std::string_view path);
/// "learning_rate" of "optimizer.learning_rate".
std::string_view last_part(std::string_view path);

/// The known key or table that an unknown one was most likely meant to be: by letters that differ, in the same table
/// or another, or as an abbreviation ("lr").
std::string nearest_key(std::string_view unknown);

/// Where the keys of a recipe were given, for errors.
struct RecipeOrigins {
    std::string path;                            ///< of the file: for keys that have their default
    std::map<std::string, std::string> of_keys;  ///< "file:line", or "--set key=value"
};

/// Fills in what depends on other keys, and checks what no key can say alone.
Status complete_recipe(const RecipeOrigins &origins, Recipe &recipe);

/// All keys as Markdown: a table of key, values, default and meaning for each table of the file.
std::string recipe_reference();

}  // namespace dsq
