// The known key that an unknown one was meant to be.
#include <algorithm>
#include <set>

#include "train/edit_distance.h"
#include "train/recipe_keys.h"

namespace dsq {
namespace {

/// Whether it begins alike and the other letters follow in this order: "lr", "learning_rate".
bool abbreviates(std::string_view abbreviation, std::string_view word) {
    std::size_t matched = 0;
    for (std::size_t i = 0; i < word.size() && matched < abbreviation.size(); ++i) {
        if (word[i] == abbreviation[matched]) ++matched;
        if (matched == 0) return false;
    }
    return matched > 0 && matched == abbreviation.size();
}

/// Smaller is nearer. The same name in another table is one letter away.
std::size_t distance(std::string_view unknown, std::string_view known) {
    const std::size_t elsewhere = 1 + edit_distance(last_part(unknown), last_part(known));
    const std::size_t misspelt = std::min(edit_distance(unknown, known), elsewhere);
    const bool plausible = 2 * misspelt <= last_part(unknown).size() + 1;
    if (!plausible && abbreviates(last_part(unknown), last_part(known))) {
        return table_of(unknown) == table_of(known) ? 1 : 2;
    }
    return plausible ? misspelt : misspelt + known.size();
}

std::set<std::string> known_names() {
    std::set<std::string> names;
    Recipe recipe;
    LayerOverride layer;
    for (const auto &keys : {recipe_keys(recipe), layer_keys(layer)}) {
        for (const RecipeKey &key : keys) {
            names.insert(key.path);
            if (const std::string_view table = table_of(key.path); !table.empty()) names.emplace(table);
        }
    }
    return names;
}

}  // namespace

std::string nearest_key(std::string_view unknown) {
    const std::set<std::string> names = known_names();
    return *std::min_element(names.begin(), names.end(), [&](const std::string &a, const std::string &b) {
        return distance(unknown, a) < distance(unknown, b);
    });
}

}  // namespace dsq
