// The backward pass of every quantizer in one fused sweep: dx, and the sums dl, du, dalpha. How it runs:
// schedules/quantize_backward.h.
//
// With G = dLoss/dQ, t = i + h = (x - l) / step, g = h - 1/2, s = 1 / (1 - alpha), q what the forward pass is taken to
// give in units of the step, and D = dQ/dx inside the bounds, 0 outside (clamped t gives q = 0 below, q = N above):
//   dx     = G D
//   du     = sum of (G q - dx t) / N
//   dl     = sum of (G - dx) - du
//   dalpha = sum of G s^2 step / 2 [tanh - 2 g (1 - tanh^2) / (s alpha (2 - alpha))], inside the bounds
// For DSQ, D = s kappa / 2 (1 - tanh^2) and q = i + (s tanh + 1) / 2 (the paper's eq. 10 to 13). The common middle of
// the cell, m = i + 1/2, is taken out of G q - dx t = m (G - dx) + (q - m) G - dx g: the rest is small.
#include "schedules/quantize_backward.h"
#include "quantizer.h"
#include "sliced_domain.h"

namespace dsq::generators {
namespace {

using namespace Halide;

// What stands for dQ/dx inside the bounds.
enum class Slope {
    soft,              // DSQ's bump
    straight_through,  // 1
    normalised_tanh,   // the derivative of DoReFa's tanh(x) / tanh(u)
};
// What stands for q in the gradients of the bounds.
enum class Bounds {
    soft,  // the soft value (eq. 11 to 13)
    hard,  // the code (the paper's Algorithm 1; with slope 1, LSQ)
    clip,  // x itself: only elements beyond a bound move it (PACT)
};

class QuantizeBackward : public Generator<QuantizeBackward> {
public:
    GeneratorParam<Slope> slope{"slope",
                                Slope::soft,
                                {{"soft", Slope::soft},
                                 {"straight_through", Slope::straight_through},
                                 {"normalised_tanh", Slope::normalised_tanh}}};
    GeneratorParam<Bounds> bounds{
        "bounds", Bounds::soft, {{"soft", Bounds::soft}, {"hard", Bounds::hard}, {"clip", Bounds::clip}}};
    // Carry rounding errors along: for more than 4 bits (quantizer.h, cell).
    GeneratorParam<bool> compensated{"compensated", false};

    Input<Buffer<float, 1>> x{"x"};                      // (i)
    Input<Buffer<float, 1>> grad_output{"grad_output"};  // (i): G
    Input<float> lower{"lower"};                         // l
    Input<float> upper{"upper"};                         // u > l
    Input<float> levels{"levels"};                       // N = 2^bits - 1
    Input<float> alpha{"alpha"};                         // in [1e-3, 0.5 - 1e-6]
    Input<float> kappa{"kappa"};                         // log(2 / alpha - 1)

    Output<Buffer<float, 1>> grad_input{"grad_input"};     // (i): dx
    Output<Buffer<double, 1>> grad_bounds{"grad_bounds"};  // (3): dl, du, dalpha

    void generate() {
        domain.emplace(x.dim(0).extent());
        const Terms at = terms(domain->element);

        grad_input(i) = undef<float>();
        grad_input(domain->element) = at.dx;

        Var lane{"lane"}, once{"once"};
        const Expr l = domain->lane;
        partial(lane) = Tuple(0.0f, 0.0f, 0.0f);
        partial(l) = Tuple(partial(l)[0] + at.rest, partial(l)[1] + at.upper, partial(l)[2] + at.alpha);
        const Expr zero = cast<double>(0), all = domain->all_partials;
        totals(once) = Tuple(zero, zero, zero);
        totals(once) = Tuple(
            totals(once)[0] + partial(all)[0], totals(once)[1] + partial(all)[1], totals(once)[2] + partial(all)[2]);

        const Expr du = totals(0)[1] / cast<double>(levels);
        const Expr s = 1.0f / (1.0f - alpha);
        grad_bounds(k) = mux(k, {totals(0)[0] - du, du, totals(0)[2] * cast<double>(0.5f * s * s * grid().step())});
    }

    void schedule() {
        schedules::quantize_backward({{partial, totals, grad_bounds, k, 3, domain->slices}, grad_input});
    }

private:
    struct Terms {
        Expr dx;     // dx
        Expr rest;   // G - dx
        Expr upper;  // N times the term of du
        Expr alpha;  // the term of dalpha, without s^2 step / 2
    };

    Grid grid() const {
        return {lower, upper, levels};
    }

    Terms terms(const Expr &e) {
        const Expr clipped = clip(grid(), x(e));
        const Expr inside = strict_float(clipped == x(e));
        // A gradient below 2^-100 counts as zero: no product of it is then a denormal number.
        const Expr G = strict_float(select(abs(grad_output(e)) < 7.8886e-31f, 0.0f, grad_output(e)));
        const Cell at = cell(grid(), clipped, compensated);
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
            Expr d = slope == Slope::straight_through ? Expr(1.0f) : strict_tanh_derivative(x(e)) / strict_tanh(upper);
            term.dx = select(inside, G * d, 0.0f);
            term.alpha = 0.0f;
        }
        term.rest = G - term.dx;
        if (bounds == Bounds::hard) {
            above_middle = G * (cast<float>(code(grid(), x(e))) - middle);
        }
        if (bounds == Bounds::clip) {
            term.upper = select(strict_float(x(e) > upper), levels * G, 0.0f);
        } else {
            term.upper = middle * term.rest + above_middle - term.dx * g;
        }
        return term;
    }

    Var i{"i"}, k{"k"};
    Func partial{"partial"}, totals{"totals"};
    std::optional<SlicedDomain> domain;
};

}  // namespace
}  // namespace dsq::generators

HALIDE_REGISTER_GENERATOR(dsq::generators::QuantizeBackward, quantize_backward)
