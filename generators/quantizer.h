// The arithmetic that every quantizer kernel shares. Source: Gong et al., "Differentiable Soft Quantization", ICCV
// 2019.
//
// Everything that decides a code is strict float32: each operation is rounded by itself, none is contracted or
// reordered, so a code is the same bit for bit on every target.
#pragma once

#include <Halide.h>

namespace dsq::generators {

using Halide::Expr;
using Halide::strict_float;

// The uniform grid of one tensor: `levels` (N = 2^bits - 1) intervals between the clip bounds. Scalars, float32.
struct Grid {
    Expr lower, upper, levels;

    // The step (u - l) / N, in float64 so that a kernel may split it.
    Expr exact_step() const {
        using Halide::cast;
        return strict_float((cast<double>(upper) - cast<double>(lower)) / cast<double>(levels));
    }
    Expr step() const {
        return Halide::cast<float>(exact_step());
    }
    Expr inverse_step() const {
        using Halide::cast;
        return cast<float>(strict_float(cast<double>(levels) / (cast<double>(upper) - cast<double>(lower))));
    }
};

// min and max that give `bound` for a NaN in x, on every target.
inline Expr at_least(const Expr &x, const Expr &bound) {
    return strict_float(select(x > bound, x, bound));
}
inline Expr at_most(const Expr &x, const Expr &bound) {
    return strict_float(select(x < bound, x, bound));
}

// As much of a grid as decides codes.
struct Steps {
    Expr lower, step, inverse_step, levels;
};

// code(x) = clamp(floor((x - l) / step + 1/2), 0, N) as int32: ties go up, a NaN gives 0.
// A quarter of a step rounds to 0 like everything below it: clamping there keeps denormals out of the multiplication.
inline Expr code(const Steps &steps, const Expr &x) {
    Expr offset = at_least(strict_float(x - steps.lower), strict_float(steps.step * 0.25f));
    Expr position = at_most(strict_float(offset * steps.inverse_step), steps.levels);
    return Halide::cast<int32_t>(strict_float(position + 0.5f));
}
inline Expr code(const Grid &grid, const Expr &x) {
    return code(Steps{grid.lower, grid.step(), grid.inverse_step(), grid.levels}, x);
}

// The value of a code, l + step * code: the product and the sum are rounded apart.
inline Expr value(const Grid &grid, const Expr &code) {
    return strict_float(grid.lower + grid.step() * Halide::cast<float>(code));
}

// 2^-y for 0 <= y <= 100, relative error below 3e-7: a minimax polynomial on [-1/2, 1/2], and the exponent's bits.
inline Expr exp2_of_minus(const Expr &y) {
    using Halide::cast;
    using Halide::reinterpret;
    Expr whole = cast<int32_t>(y + 0.5f);
    Expr rest = cast<float>(whole) - y;
    Expr mantissa = 0.00132765f;
    for (float coefficient : {0.00967554f, 0.05550713f, 0.2402212f, 0.69314697f, 1.0f}) {
        mantissa = mantissa * rest + coefficient;
    }
    return reinterpret<float>(reinterpret<int32_t>(mantissa) - (whole << 23));
}

constexpr float twice_log2_e = 2.88539008f;

// exp(-2 |x|) in strict float32, for the tanh that decides a code. Beyond |x| = 30 its effect on a tanh is lost anyway.
inline Expr exp_of_minus_twice(const Expr &x) {
    return strict_float(exp2_of_minus(at_most(abs(x), 30.0f) * twice_log2_e));
}
inline Expr strict_tanh(const Expr &x) {
    Expr e = exp_of_minus_twice(x);
    Expr magnitude = strict_float((1.0f - e) / (1.0f + e));
    return select(strict_float(x < 0.0f), -magnitude, magnitude);
}
// The derivative of tanh, 1 - tanh^2, without its cancellation.
inline Expr strict_tanh_derivative(const Expr &x) {
    Expr e = exp_of_minus_twice(x);
    return strict_float(4.0f * e / ((1.0f + e) * (1.0f + e)));
}

// DoReFa's weights (Zhou et al. 2016, eq. 9): tanh(x) / tanh(u) in [-1, 1], u the largest magnitude; a NaN gives -1.
inline Expr normalised_tanh(const Expr &x, const Expr &upper) {
    Expr clipped = at_most(at_least(x, -upper), upper);
    return strict_float(strict_tanh(clipped) / strict_tanh(upper));
}

// x between the bounds, lower for a NaN. Inside the bounds, and only there, it equals x. (Halide 21 turns a <= b into
// !(b < a), which holds for a NaN: the bounds must not be compared so.)
inline Expr clip(const Grid &grid, const Expr &x) {
    return at_most(at_least(x, grid.lower), grid.upper);
}

// Where a clipped element lies on the grid: cell i = min(floor t, N - 1) with t = (x - l) / step, and h = t - i in [0,
// 1].
struct Cell {
    Expr index, position;
};

// Rounding leaves an error of N * 1.2e-7 in h; `compensated` carries the rounding errors of x - l and of the step
// along, for the grids (above 4 bits) where a bump of the gradient is narrow beside that error.
inline Cell cell(const Grid &grid, const Expr &clipped, bool compensated) {
    using Halide::cast;
    // 2^-28 of a step is below the resolution of h, and keeps denormals out of the multiplication.
    Expr offset = at_least(strict_float(clipped - grid.lower), strict_float(grid.step() * 3.7e-9f));
    Expr t = strict_float(offset * grid.inverse_step());
    Expr index = at_most(strict_float(floor(t)), strict_float(grid.levels - 1.0f));
    if (!compensated) {
        return {index, strict_float(t - index)};
    }
    // Two-sum: offset + error = x - l exactly. The step's upper half has 12 bits, so its product with a cell is exact.
    Expr part = strict_float(offset - clipped);
    Expr error = strict_float((clipped - (offset - part)) - (grid.lower + part));
    Expr upper_half = Halide::reinterpret<float>(Halide::reinterpret<uint32_t>(grid.step()) & Expr(0xfffff000U));
    Expr lower_half = cast<float>(strict_float(grid.exact_step() - cast<double>(upper_half)));
    Expr middle = strict_float(index + 0.5f);
    Expr to_middle =
        strict_float(((offset - middle * upper_half) - (middle * lower_half - error)) * grid.inverse_step());
    // An element within rounding of a cell's border may have gone to the neighbouring cell: mirror it back.
    Expr position = strict_float(to_middle + 0.5f);
    return {index, select(strict_float(position > 1.0f), strict_float(2.0f - position), abs(position))};
}

// One period of the soft quantizer, from the position h in a cell (eq. 4, 5 and 8; kappa = k * step = log(2 / alpha -
// 1)): tanh = tanh(kappa (h - 1/2)) and bump = (1 - tanh^2) / 4, from one exponential and one division.
struct Pulse {
    Expr tanh, bump;
};

inline Pulse pulse(const Expr &position, const Expr &alpha, const Expr &kappa) {
    // exp(-2 kappa (h - 1/2)) = exp(-2 kappa h) exp(kappa), and exp(kappa) = 2 / alpha - 1.
    Expr e = (2.0f / alpha - 1.0f) * exp2_of_minus(position * (kappa * twice_log2_e));
    Expr r = 1.0f / (1.0f + e);
    Expr er = e * r;
    return {r - er, er * r};
}

}  // namespace dsq::generators
