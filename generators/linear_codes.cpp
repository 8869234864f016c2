// A fully connected layer of reals in integers, on a grid of the image's own: with m the largest magnitude and L =
// 2^(activation_bits - 1) - 1, codes are round-half-up(x * (L / m)), and output = (sum of weight * code) * scale * (m /
// L) + bias, each operation rounded. The sum fits 32 bits. How it runs: schedules/linear_codes.h.
#include "schedules/linear_codes.h"
#include "quantizer.h"

namespace dsq::generators {
namespace {

using namespace Halide;

class LinearCodes : public Generator<LinearCodes> {
public:
    GeneratorParam<int> activation_bits{"activation_bits", 16};  // 2 to 16

    Input<Buffer<float, 2>> input{"input"};       // (i, n)
    Input<Buffer<int8_t, 2>> weights{"weights"};  // (i, o)
    Input<Buffer<float, 1>> scale{"scale"};       // (o)
    Input<Buffer<float, 1>> bias{"bias"};         // (o)

    Output<Buffer<float, 2>> output{"output"};  // (o, n)

    void generate() {
        const float levels = static_cast<float>((1 << (activation_bits - 1)) - 1);
        elements = RDom(0, input.dim(0).extent(), "elements");
        largest(n) = 0.0f;
        largest(n) = at_least(abs(input(elements, n)), largest(n));
        inverse_step(n) = select(strict_float(largest(n) > 0.0f), strict_float(levels / largest(n)), 0.0f);

        const Expr rounded = strict_float(floor(strict_float(strict_float(input(i, n) * inverse_step(n)) + 0.5f)));
        codes(i, n) = cast<int16_t>(at_most(at_least(rounded, -levels), levels));
        sum(o, n) = 0;
        sum(o, n) += cast<int32_t>(weights(elements, o)) * cast<int32_t>(codes(elements, n));

        const Expr step = strict_float(largest(n) / levels);
        const Expr product = strict_float(cast<float>(sum(o, n)) * scale(o));
        output(o, n) = strict_float(strict_float(product * step) + bias(o));
    }

    void schedule() {
        schedules::linear_codes({output, sum, codes, largest, inverse_step, i, o, n, elements});
    }

private:
    Var i{"i"}, o{"o"}, n{"n"};
    RDom elements;
    Func largest{"largest"}, inverse_step{"inverse_step"}, codes{"codes"}, sum{"sum"};
};

}  // namespace
}  // namespace dsq::generators

HALIDE_REGISTER_GENERATOR(dsq::generators::LinearCodes, linear_codes)
