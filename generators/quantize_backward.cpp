// The backward pass of every quantizer in one fused sweep: dx, and the sums dl, du, dalpha; the algebra is in
// quantize_backward_terms.h. How it runs: schedules/quantize_backward.h.
#include "schedules/quantize_backward.h"
#include "quantize_backward_terms.h"
#include "sliced_domain.h"

namespace dsq::generators {
namespace {

using namespace Halide;

class QuantizeBackward : public Generator<QuantizeBackward> {
public:
    GeneratorParam<Slope> slope{"slope", Slope::soft, slope_names};
    GeneratorParam<Bounds> bounds{"bounds", Bounds::soft, bounds_names};
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
        const QuantizeGradient gradient{slope, bounds, compensated, {lower, upper, levels}, alpha, kappa};
        const QuantizeGradient::Terms at = gradient.terms(x(domain->element), grad_output(domain->element));

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

        grad_bounds(k) = gradient.gradient(k, totals(0)[0], totals(0)[1], totals(0)[2]);
    }

    void schedule() {
        schedules::quantize_backward({{partial, totals, grad_bounds, k, 3, domain->slices}, grad_input});
    }

private:
    Var i{"i"}, k{"k"};
    Func partial{"partial"}, totals{"totals"};
    std::optional<SlicedDomain> domain;
};

}  // namespace
}  // namespace dsq::generators

HALIDE_REGISTER_GENERATOR(dsq::generators::QuantizeBackward, quantize_backward)
