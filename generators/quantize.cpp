// The forward pass of a uniform quantizer: float32 to codes, to values, to both, or to DSQ's soft values.
// How it runs: schedules/quantize.h.
#include "schedules/quantize.h"
#include "quantizer.h"

namespace dsq::generators {
namespace {

using namespace Halide;

enum class Result { codes, values, codes_and_values, soft };
enum class Transform { identity, normalised_tanh };

class Quantize : public Generator<Quantize> {
public:
    GeneratorParam<Result> result{"result",
                                  Result::codes,
                                  {{"codes", Result::codes},
                                   {"values", Result::values},
                                   {"codes_and_values", Result::codes_and_values},
                                   {"soft", Result::soft}}};
    // normalised_tanh: DoReFa's weights, quantized between -1 and 1; `upper` is then their largest magnitude.
    GeneratorParam<Transform> transform{
        "transform",
        Transform::identity,
        {{"identity", Transform::identity}, {"normalised_tanh", Transform::normalised_tanh}}};

    Input<Buffer<float, 1>> x{"x"};  // (i)
    Input<float> lower{"lower"};     // l
    Input<float> upper{"upper"};     // u > l
    Input<float> levels{"levels"};   // N = 2^bits - 1
    Input<float> alpha{"alpha"};     // soft only, in [1e-3, 0.5 - 1e-6]
    Input<float> kappa{"kappa"};     // soft only, log(2 / alpha - 1)

    void configure() {
        if (result == Result::codes || result == Result::codes_and_values) {
            codes_output = add_output<Buffer<uint8_t, 1>>("codes");
        }
        if (result != Result::codes) {
            values_output = add_output<Buffer<float, 1>>("values");
        }
    }

    void generate() {
        const bool tanh = transform == Transform::normalised_tanh;
        const Grid grid = tanh ? Grid{-1.0f, 1.0f, levels} : Grid{lower, upper, levels};
        Expr element = tanh ? normalised_tanh(x(i), upper) : Expr(x(i));
        if (result == Result::soft) {
            // eq. 6 and 7: l + step (i + (s tanh + 1) / 2); the soft step runs from 0 to 1 across a cell.
            Cell at = cell(grid, clip(grid, element), false);
            Expr soft_step = 0.5f + 0.5f / (1.0f - alpha) * pulse(at.position, alpha, kappa).tanh;
            (*values_output)(i) = lower + grid.step() * (at.index + soft_step);
            return;
        }
        if (codes_output) {
            (*codes_output)(i) = cast<uint8_t>(code(grid, element));
        }
        if (values_output) {
            (*values_output)(i) = value(grid, code(grid, element));
        }
    }

    void schedule() {
        std::vector<Func> outputs;
        if (codes_output) outputs.push_back(*codes_output);
        if (values_output) outputs.push_back(*values_output);
        schedules::quantize({outputs, i, x.dim(0).extent()}, get_target());
    }

private:
    Var i{"i"};
    Output<Buffer<uint8_t, 1>> *codes_output = nullptr;
    Output<Buffer<float, 1>> *values_output = nullptr;
};

}  // namespace
}  // namespace dsq::generators

HALIDE_REGISTER_GENERATOR(dsq::generators::Quantize, quantize)
