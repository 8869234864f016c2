/// The integers behind a quantizer, and the code of a real on them. Source: dsq-math, "Forward"; the arithmetic is that
/// of generators/quantizer.h, each operation rounded by itself.
#pragma once

#include "dsq/quantizer.h"
#include "model/code_range.h"

namespace dsq {

/// Code k of 0 .. levels stands as the integer lowest + distance * k.
struct CodeGrid {
    float lower = 0.0F;  ///< l
    float step = 1.0F;
    float inverse_step = 1.0F;  ///< rounded once from float64
    int levels = 1;             ///< N
    int lowest = 0;
    int distance = 1;

    /// The real behind an integer is base() + scale() * integer.
    double scale() const {
        return double{step} / distance;
    }
    double base() const {
        return double{lower} - scale() * lowest;
    }
    CodeRange range() const {
        return {lowest, lowest + distance * levels};
    }
};

/// Of a valid quantizer that has codes. Codes of one bit stand as -1 and +1, others around zero (shifted_range), where
/// products are smallest.
CodeGrid code_grid(const Quantizer &quantizer);

/// The code of a real, as the integer behind it; ties go up, a NaN gives the lowest.
inline int code_of(const CodeGrid &grid, float x) {
    const float least = grid.step * 0.25F;  // rounds to code 0, and is no denormal
    const float distance = x - grid.lower;
    const float offset = distance > least ? distance : least;
    const float position = offset * grid.inverse_step;
    const auto levels = static_cast<float>(grid.levels);
    const float bounded = position < levels ? position : levels;
    return grid.lowest + grid.distance * static_cast<int>(bounded + 0.5F);
}

}  // namespace dsq
