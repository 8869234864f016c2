// The backward pass of a batch normalization to its input:
//   grad_x = scale * (grad_sum - (grad_shift + normalized * grad_scale) / count)
// with normalized = (x - mean) * inverse_deviation. How it runs: schedules/batch_norm_backward_input.h.
#include "schedules/batch_norm_backward_input.h"

namespace dsq::generators {
namespace {

using namespace Halide;

class BatchNormBackwardInput : public Generator<BatchNormBackwardInput> {
public:
    Input<Buffer<float, 4>> x{"x"};                                  // (c, x, y, n)
    Input<Buffer<float, 4>> grad_sum{"grad_sum"};                    // (c, x, y, n)
    Input<Buffer<float, 1>> scale{"scale"};                          // (c)
    Input<Buffer<float, 1>> mean{"mean"};                            // (c)
    Input<Buffer<float, 1>> inverse_deviation{"inverse_deviation"};  // (c)
    Input<Buffer<float, 1>> grad_scale{"grad_scale"};                // (c)
    Input<Buffer<float, 1>> grad_shift{"grad_shift"};                // (c)

    Output<Buffer<float, 4>> grad_x{"grad_x"};  // (c, x, y, n)

    void generate() {
        const Expr count =
            cast<float>(x.dim(1).extent()) * cast<float>(x.dim(2).extent()) * cast<float>(x.dim(3).extent());
        const Expr factor = -scale(c) / count;
        of_one(c) = factor * grad_shift(c);
        of_difference(c) = factor * grad_scale(c) * inverse_deviation(c);
        grad_x(c, i, j, n) =
            scale(c) * grad_sum(c, i, j, n) + (of_difference(c) * (x(c, i, j, n) - mean(c)) + of_one(c));
    }

    void schedule() {
        schedules::batch_norm_backward_input({{grad_x, c, n}, {of_one, of_difference}}, get_target());
    }

private:
    Var c{"c"}, i{"i"}, j{"j"}, n{"n"};
    Func of_one{"of_one"}, of_difference{"of_difference"};
};

}  // namespace
}  // namespace dsq::generators

HALIDE_REGISTER_GENERATOR(dsq::generators::BatchNormBackwardInput, batch_norm_backward_input)
