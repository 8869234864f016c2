#include "tests/reference/quantizer.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>

namespace dsq::reference {
namespace {

bool transforms_weights(const Quantizer &quantizer) {
    return quantizer.method == Method::dorefa && quantizer.operand == Operand::weights;
}

bool has_soft_slope(Method method) {
    return method == Method::dsq || method == Method::binary || method == Method::pact_dsq;
}

// tanh as the kernels compute it, for DoReFa's codes: 2^-y by a polynomial, one rounding an operation.
float exp2_of_minus(float y) {
    const int whole = static_cast<int>(y + 0.5F);
    const float rest = static_cast<float>(whole) - y;
    float mantissa = 0.00132765F;
    for (float coefficient : {0.00967554F, 0.05550713F, 0.2402212F, 0.69314697F, 1.0F}) {
        mantissa = mantissa * rest + coefficient;
    }
    return std::bit_cast<float>(std::bit_cast<std::int32_t>(mantissa) - (whole << 23));
}

float tanh(float x) {
    const float e = exp2_of_minus(std::min(std::fabs(x), 30.0F) * 2.88539008F);
    const float magnitude = (1.0F - e) / (1.0F + e);
    return x < 0.0F ? -magnitude : magnitude;
}

int code_on_grid(float x, float lower, float upper, int levels) {
    if (std::isnan(x)) return 0;
    const auto inverse_step = static_cast<float>(levels / (double{upper} - double{lower}));
    const float position = (x - lower) * inverse_step;
    return static_cast<int>(std::floor(std::clamp(position, 0.0F, static_cast<float>(levels)) + 0.5F));
}

// Where x lies in units of the step.
double position(const Quantizer &quantizer, const Point &at) {
    return (at.x - at.lower) / step(quantizer, at);
}

// One period of the soft function: x in cell i, g from its middle.
struct Wave {
    double cell, g, kappa, s, tanh;
};

Wave wave_at(const Quantizer &quantizer, const Point &at) {
    const double t = position(quantizer, at);
    const double cell = std::min(std::floor(t), largest_code(quantizer) - 1.0), g = t - cell - 0.5;
    const double kappa = std::log(2 / at.alpha - 1);
    return {cell, g, kappa, 1 / (1 - at.alpha), std::tanh(kappa * g)};
}

double slope(const Wave &wave) {
    return wave.s * wave.kappa / 2 * (1 - wave.tanh * wave.tanh);
}

// Whether the method itself fixes a bound.
bool fixes_lower(Method method) {
    return method == Method::pact || method == Method::pact_dsq || method == Method::dorefa;
}
bool fixes_upper(Method method) {
    return method == Method::dorefa;
}

using Function = std::function<double(const Point &)>;

// What stands for the hard function in the gradient of the bounds: code and slope frozen, the position free.
Function linearised(const Quantizer &quantizer, const Point &origin, int code_at_origin) {
    const double d = quantizer.method == Method::lsq ? 1.0 : slope(wave_at(quantizer, origin));
    const double t = position(quantizer, origin);
    return [=](const Point &at) {
        if (origin.x < origin.lower) return at.lower;
        if (origin.x > origin.upper) return at.upper;
        return at.lower + step(quantizer, at) * (code_at_origin + d * (position(quantizer, at) - t));
    };
}

// The derivative along one coordinate; at a bound, from the inside.
double quotient(const Function &f, Point at, double Point::*coordinate, double h, int inward) {
    const auto shifted = [&](double by) {
        Point moved = at;
        moved.*coordinate += by;
        return f(moved);
    };
    if (inward == 0) return (shifted(h) - shifted(-h)) / (2 * h);
    const double k = inward * h;
    return (-3 * f(at) + 4 * shifted(k) - shifted(2 * k)) / (2 * k);
}

}  // namespace

int code(const Quantizer &quantizer, float x) {
    const int levels = largest_code(quantizer);
    if (!transforms_weights(quantizer)) return code_on_grid(x, quantizer.lower, quantizer.upper, levels);
    if (std::isnan(x)) return 0;
    const float clipped = std::clamp(x, quantizer.lower, quantizer.upper);
    return code_on_grid(tanh(clipped) / tanh(quantizer.upper), -1.0F, 1.0F, levels);
}

float value(const Quantizer &quantizer, float x) {
    const Grid g = grid(quantizer);
    return g.lower + g.step * static_cast<float>(code(quantizer, x));
}

Point point(const Quantizer &quantizer, float x) {
    return {x, quantizer.lower, quantizer.upper, quantizer.alpha};
}

double step(const Quantizer &quantizer, const Point &at) {
    return (at.upper - at.lower) / largest_code(quantizer);
}

double soft(const Quantizer &quantizer, const Point &at) {
    if (at.x < at.lower) return at.lower;
    if (at.x > at.upper) return at.upper;
    const Wave wave = wave_at(quantizer, at);
    return at.lower + step(quantizer, at) * (wave.cell + (wave.s * wave.tanh + 1) / 2);
}

double wave(const Quantizer &quantizer, float x) {
    return wave_at(quantizer, point(quantizer, x)).tanh;
}

Gradient gradient(const Quantizer &quantizer, float element) {
    const Point at = point(quantizer, element);
    const double n = largest_code(quantizer), t = position(quantizer, at);
    if (transforms_weights(quantizer)) {
        const bool inside = at.x >= at.lower && at.x <= at.upper;
        return {inside ? 1 / (std::cosh(at.x) * std::cosh(at.x) * std::tanh(at.upper)) : 0, 0, 0, 0};
    }
    if (at.x < at.lower) return {0, fixes_lower(quantizer.method) ? 0.0 : 1.0, 0, 0};
    if (at.x > at.upper) return {0, 0, fixes_upper(quantizer.method) ? 0.0 : 1.0, 0};
    if (quantizer.method == Method::lsq) {
        const double c = code(quantizer, element);
        return {1, (t - c) / n, (c - t) / n, 0};
    }
    if (!has_soft_slope(quantizer.method)) return {1, 0, 0, 0};

    const Wave w = wave_at(quantizer, at);
    const double d = slope(w);
    const double by_alpha = step(quantizer, at) / 2 *
                            (w.s * w.s * w.tanh - 2 * w.s * w.g * (1 - w.tanh * w.tanh) / (at.alpha * (2 - at.alpha)));
    if (quantizer.method == Method::pact_dsq) return {d, 0, 0, by_alpha};
    const double q =
        quantizer.bound_gradient == BoundGradient::hard ? code(quantizer, element) : w.cell + (w.s * w.tanh + 1) / 2;
    return {d, 1 - q / n - d * (1 - t / n), q / n - d * t / n, by_alpha};
}

Gradient difference_quotients(const Quantizer &quantizer, float element) {
    const Point at = point(quantizer, element);
    const double h = 1e-5 * step(quantizer, at);
    if (transforms_weights(quantizer)) {
        const Function normalised = [&](const Point &p) {
            return std::tanh(std::clamp(p.x, at.lower, at.upper)) / std::tanh(at.upper);
        };
        const int inward = at.x == at.lower ? 1 : at.x == at.upper ? -1 : 0;
        return {quotient(normalised, at, &Point::x, h, inward), 0, 0, 0};
    }
    const Function soft_function = [&](const Point &p) { return soft(quantizer, p); };
    const Function clipped = [&](const Point &p) { return std::clamp(p.x, p.lower, p.upper); };
    const bool is_soft = has_soft_slope(quantizer.method);
    const Function by_x = is_soft ? soft_function : clipped;
    Function by_bounds = is_soft && quantizer.method != Method::pact_dsq ? soft_function : clipped;
    if (quantizer.method == Method::lsq ||
        (quantizer.method != Method::pact_dsq && is_soft && quantizer.bound_gradient == BoundGradient::hard)) {
        by_bounds = linearised(quantizer, at, code(quantizer, element));
    }
    // Inside means: x moves away from the bound, or the bound from x.
    const int x_inward = at.x == at.lower ? 1 : at.x == at.upper ? -1 : 0;
    return {quotient(by_x, at, &Point::x, h, x_inward),
            fixes_lower(quantizer.method) ? 0 : quotient(by_bounds, at, &Point::lower, h, at.x == at.lower ? -1 : 0),
            fixes_upper(quantizer.method) ? 0 : quotient(by_bounds, at, &Point::upper, h, at.x == at.upper ? 1 : 0),
            is_soft ? quotient(soft_function, at, &Point::alpha, 1e-4 * at.alpha, at.alpha > 0.49 ? -1 : 0) : 0};
}

}  // namespace dsq::reference
