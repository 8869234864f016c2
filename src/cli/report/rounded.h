/// Numbers for a plot.
#pragma once

#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace dsq::cli {

/// To 5 digits: a page of a tenth of the size, and no visible difference.
inline double rounded(double number) {
    char text[32];
    std::snprintf(text, sizeof text, "%.5g", number);
    return std::atof(text);
}

}  // namespace dsq::cli
