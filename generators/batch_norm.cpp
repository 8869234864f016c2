// Batch normalization in the forward pass: output = clamp(scale * x + shift + residual), and its quantized value. How
// it runs: schedules/batch_norm.h.
#include "schedules/batch_norm.h"
#include "batch_norm_activation.h"

namespace dsq::generators {
namespace {

using namespace Halide;

enum class Results { output, quantized, both };

class BatchNorm : public Generator<BatchNorm> {
public:
    GeneratorParam<bool> has_residual{"has_residual", false};
    GeneratorParam<Results> results{
        "results",
        Results::both,
        {{"output", Results::output}, {"quantized", Results::quantized}, {"both", Results::both}}};

    Input<Buffer<float, 4>> x{"x"};                // (c, x, y, n)
    Input<Buffer<float, 1>> scale{"scale"};        // (c)
    Input<Buffer<float, 1>> shift{"shift"};        // (c)
    Input<Buffer<float, 4>> residual{"residual"};  // (c, x, y, n), not read unless has_residual
    Input<float> clamp_lower{"clamp_lower"};
    Input<float> clamp_upper{"clamp_upper"};
    Input<float> lower{"lower"};    // l of the quantizer
    Input<float> upper{"upper"};    // u > l
    Input<float> levels{"levels"};  // N = 2^bits - 1

    void configure() {
        for (const char *name : {"output", "quantized"}) {
            if (results == Results::both || (results == Results::output) == (name == std::string("output"))) {
                outputs.push_back(add_output<Buffer<float, 4>>(name));
            }
        }
    }

    void generate() {
        Expr sum = scaled(x(c, i, j, n), scale(c), shift(c));
        if (has_residual) sum = strict_float(sum + residual(c, i, j, n));
        const Expr activated = clamped(sum, clamp_lower, clamp_upper);
        const Grid grid{lower, upper, levels};
        if (results != Results::quantized) (*outputs.front())(c, i, j, n) = activated;
        if (results != Results::output) (*outputs.back())(c, i, j, n) = value(grid, code(grid, activated));
    }

    void schedule() {
        std::vector<Func> stages;
        for (Output<Buffer<float, 4>> *output : outputs) stages.push_back(*output);
        schedules::batch_norm({stages, c, n}, get_target());
    }

private:
    Var c{"c"}, i{"i"}, j{"j"}, n{"n"};
    std::vector<Output<Buffer<float, 4>> *> outputs;
};

}  // namespace
}  // namespace dsq::generators

HALIDE_REGISTER_GENERATOR(dsq::generators::BatchNorm, batch_norm)
