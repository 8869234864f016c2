#include "commands.h"

#include <cmath>
#include <iostream>

namespace dsq::cli {

void print_json(const Json &json) {
    std::cout << json.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

double percent(double share) {
    return std::round(share * 1e4) / 1e2;
}

}  // namespace dsq::cli
