// The backward pass through quantizer and activation after a batch normalization, with the sums of each channel and of
// the quantizer, in one sweep. How it runs: schedules/batch_norm_backward.h.
#include "schedules/batch_norm_backward.h"
#include "batch_norm_activation.h"
#include "quantize_backward_terms.h"

namespace dsq::generators {
namespace {

using namespace Halide;

class BatchNormBackward : public Generator<BatchNormBackward> {
public:
    // Without quantizer, quantized = output. What the others mean: quantize_backward_terms.h.
    GeneratorParam<bool> has_quantizer{"has_quantizer", true};
    GeneratorParam<Slope> slope{"slope", Slope::soft, slope_names};
    GeneratorParam<Bounds> bounds{"bounds", Bounds::soft, bounds_names};
    GeneratorParam<bool> compensated{"compensated", false};
    // Read the output of the forward pass, or compute it again (there was no residual).
    GeneratorParam<bool> saved_output{"saved_output", false};

    Input<Buffer<float, 4>> x{"x"};                                  // (c, x, y, n)
    Input<Buffer<float, 1>> scale{"scale"};                          // (c)
    Input<Buffer<float, 1>> shift{"shift"};                          // (c)
    Input<Buffer<float, 1>> mean{"mean"};                            // (c)
    Input<Buffer<float, 1>> inverse_deviation{"inverse_deviation"};  // (c)
    Input<Buffer<float, 4>> output{"output"};                        // (c, x, y, n), not read unless saved_output
    Input<float> clamp_lower{"clamp_lower"};
    Input<float> clamp_upper{"clamp_upper"};
    Input<Buffer<float, 4>> grad_output{"grad_output"};        // (c, x, y, n)
    Input<Buffer<float, 4>> grad_quantized{"grad_quantized"};  // (c, x, y, n)
    Input<float> lower{"lower"};                               // l of the quantizer
    Input<float> upper{"upper"};                               // u > l
    Input<float> levels{"levels"};                             // N = 2^bits - 1
    Input<float> alpha{"alpha"};                               // in [1e-3, 0.5 - 1e-6]
    Input<float> kappa{"kappa"};                               // log(2 / alpha - 1)

    Output<Buffer<float, 4>> grad_sum{"grad_sum"};         // (c, x, y, n)
    Output<Buffer<float, 1>> grad_scale{"grad_scale"};     // (c)
    Output<Buffer<float, 1>> grad_shift{"grad_shift"};     // (c)
    Output<Buffer<double, 1>> grad_bounds{"grad_bounds"};  // (3): dl, du, dalpha; 0 without quantizer

    void generate() {
        const Expr channels = x.dim(0).extent(), batch = x.dim(3).extent();
        const Expr width = x.dim(1).extent(), height = x.dim(2).extent();
        all = RDom(0, channels, 0, width, 0, height, 0, batch, "all");
        images = RDom(0, batch, "images");
        const std::vector<Expr> pixel{all.x, all.y, all.z, all.w};

        const Expr activated = saved_output
                                   ? output(pixel)
                                   : clamped(scaled(x(pixel), scale(all.x), shift(all.x)), clamp_lower, clamp_upper);
        Expr grad_activated = grad_output(pixel);
        std::vector<Expr> terms;
        const QuantizeGradient quantizer{slope, bounds, compensated, {lower, upper, levels}, alpha, kappa};
        if (has_quantizer) {
            const QuantizeGradient::Terms at = quantizer.terms(activated, grad_quantized(pixel));
            grad_activated += at.dx;
            terms = {at.rest, at.upper, at.alpha};
        } else {
            grad_activated += grad_quantized(pixel);
        }
        const Expr between = strict_float(activated > clamp_lower) && strict_float(activated < clamp_upper);
        const Expr gradient = select(between, grad_activated, 0.0f);
        terms.insert(terms.begin(), {gradient, gradient * (x(pixel) - mean(all.x))});

        // The loops over x and y must look as impure as those of the sums: compute_with wants loops of the same kind.
        const Expr opaque_x = clamp(all.y, 0, width - 1), opaque_y = clamp(all.z, 0, height - 1);
        grad_sum(c, i, j, n) = undef<float>();
        grad_sum(all.x, opaque_x, opaque_y, all.w) = gradient;
        sum_up(terms);

        grad_shift(c) = cast<float>(totals(c)[0]);
        grad_scale(c) = cast<float>(totals(c)[1] * cast<double>(inverse_deviation(c)));
        if (!has_quantizer) {
            grad_bounds(k) = cast<double>(0);
        } else {
            every_channel = RDom(0, channels, "every_channel");
            const Expr zero = cast<double>(0);
            quantizer_totals(once) = Tuple(zero, zero, zero);
            std::vector<Expr> sums;
            for (int term = 0; term < 3; ++term) {
                sums.push_back(quantizer_totals(once)[term] + totals(every_channel)[2 + term]);
            }
            quantizer_totals(once) = Tuple(sums);
            const FuncRef sum = quantizer_totals(0);
            grad_bounds(k) = quantizer.gradient(k, sum[0], sum[1], sum[2]);
        }
    }

    void schedule() {
        schedules::batch_norm_backward({{partial, totals, {grad_scale, grad_shift}, c, n, all, images},
                                        grad_sum,
                                        quantizer_totals,
                                        grad_bounds,
                                        k,
                                        has_quantizer && slope == Slope::soft},
                                       get_target());
    }

private:
    // partial: of each image and channel; totals: of each channel.
    void sum_up(const std::vector<Expr> &terms) {
        const std::vector<Expr> zeros(terms.size(), 0.0f), double_zeros(terms.size(), cast<double>(0));
        std::vector<Expr> sums, double_sums;
        partial(c, n) = Tuple(zeros);
        totals(c) = Tuple(double_zeros);
        for (int term = 0; term < static_cast<int>(terms.size()); ++term) {
            sums.push_back(partial(all.x, all.w)[term] + terms[term]);
            double_sums.push_back(totals(c)[term] + cast<double>(partial(c, images)[term]));
        }
        partial(all.x, all.w) = Tuple(sums);
        totals(c) = Tuple(double_sums);
    }

    Var c{"c"}, i{"i"}, j{"j"}, n{"n"}, k{"k"}, once{"once"};
    Func partial{"partial"}, totals{"totals"}, quantizer_totals{"quantizer_totals"};
    RDom all, images, every_channel;
};

}  // namespace
}  // namespace dsq::generators

HALIDE_REGISTER_GENERATOR(dsq::generators::BatchNormBackward, batch_norm_backward)
