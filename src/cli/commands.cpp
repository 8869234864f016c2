#include "commands.h"

#include <cmath>
#include <iostream>

namespace dsq::cli {

void add_recipe_overrides(CLI::App &command, std::vector<std::string> &overrides) {
    command.add_option("--set", overrides, "set a key of the recipe, key=value; may be repeated")
        ->type_name("KEY=VALUE")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void print_json(const Json &json) {
    std::cout << json.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

double percent(double share) {
    return std::round(share * 1e4) / 1e2;
}

}  // namespace dsq::cli
