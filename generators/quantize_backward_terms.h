// What each element adds to the backward pass of a quantizer.
//
// With G = dLoss/dQ, t = i + h = (x - l) / step, g = h - 1/2, s = 1 / (1 - alpha), q what the forward pass is taken to
// give in units of the step, and D = dQ/dx inside the bounds, 0 outside (clamped t gives q = 0 below, q = N above):
//   dx     = G D
//   du     = sum of (G q - dx t) / N
//   dl     = sum of (G - dx) - du
//   dalpha = sum of G s^2 step / 2 [tanh - 2 g (1 - tanh^2) / (s alpha (2 - alpha))], inside the bounds
// For DSQ, D = s kappa / 2 (1 - tanh^2) and q = i + (s tanh + 1) / 2 (the paper's eq. 10 to 13). The common middle of
// the cell, m = i + 1/2, is taken out of G q - dx t = m (G - dx) + (q - m) G - dx g: the rest is small.
#pragma once

#include <map>
#include <string>

#include "quantizer.h"

namespace dsq::generators {

// What stands for dQ/dx inside the bounds.
enum class Slope {
    soft,              // DSQ's bump
    straight_through,  // 1
    normalised_tanh,   // the derivative of DoReFa's tanh(x) / tanh(u)
};
inline const std::map<std::string, Slope> slope_names{
    {"soft", Slope::soft}, {"straight_through", Slope::straight_through}, {"normalised_tanh", Slope::normalised_tanh}};

// What stands for q in the gradients of the bounds.
enum class Bounds {
    soft,  // the soft value (eq. 11 to 13)
    hard,  // the code (the paper's Algorithm 1; with slope 1, LSQ)
    clip,  // x itself: only elements beyond a bound move it (PACT)
};
inline const std::map<std::string, Bounds> bounds_names{
    {"soft", Bounds::soft}, {"hard", Bounds::hard}, {"clip", Bounds::clip}};

struct QuantizeGradient {
    Slope slope;
    Bounds bounds;
    bool compensated;  // carry rounding errors along: for more than 4 bits (quantizer.h, cell)
    Grid grid;         // the parameters of the quantizer
    Expr alpha;        // in [1e-3, 0.5 - 1e-6]
    Expr kappa;        // log(2 / alpha - 1)

    struct Terms {
        Expr dx;     // dx
        Expr rest;   // G - dx
        Expr upper;  // N times the term of du
        Expr alpha;  // the term of dalpha, without s^2 step / 2
    };

    Terms terms(const Expr &x, const Expr &grad_output) const {
        const Expr clipped = clip(grid, x);
        const Expr inside = strict_float(clipped == x);
        // A gradient below 2^-100 counts as zero: no product of it is then a denormal number.
        const Expr G = strict_float(select(abs(grad_output) < 7.8886e-31f, 0.0f, grad_output));
        const Cell at = cell(grid, clipped, compensated);
        const Expr middle = at.index + 0.5f, g = at.position - 0.5f;

        Terms term;
        Expr above_middle;  // G (q - m)
        if (slope == Slope::soft) {
            const Expr s = 1.0f / (1.0f - alpha);
            const Pulse p = pulse(at.position, alpha, kappa);
            const Expr bump = G * p.bump, tanh = G * p.tanh;
            term.dx = select(inside, bump * (2.0f * s * kappa), 0.0f);
            term.alpha = select(inside, tanh - (8.0f / (s * alpha * (2.0f - alpha))) * (g * bump), 0.0f);
            above_middle = (0.5f * s) * tanh;
        } else {
            const Expr d =
                slope == Slope::straight_through ? Expr(1.0f) : strict_tanh_derivative(x) / strict_tanh(grid.upper);
            term.dx = select(inside, G * d, 0.0f);
            term.alpha = 0.0f;
        }
        term.rest = G - term.dx;
        if (bounds == Bounds::hard) {
            above_middle = G * (Halide::cast<float>(code(grid, x)) - middle);
        }
        if (bounds == Bounds::clip) {
            term.upper = select(strict_float(x > grid.upper), grid.levels * G, 0.0f);
        } else {
            term.upper = middle * term.rest + above_middle - term.dx * g;
        }
        return term;
    }

    // (k): dl, du, dalpha from the sums of the terms rest, upper and alpha, in double.
    Expr gradient(const Halide::Var &k, const Expr &rest, const Expr &upper, const Expr &alphas) const {
        const Expr du = upper / Halide::cast<double>(grid.levels);
        const Expr s = 1.0f / (1.0f - alpha);
        return Halide::mux(k, {rest - du, du, alphas * Halide::cast<double>(0.5f * s * s * grid.step())});
    }
};

}  // namespace dsq::generators
