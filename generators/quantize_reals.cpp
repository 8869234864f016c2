// The codes of reals on a grid, as a deployed network has them. How it runs: schedules/quantize_reals.h.
#include "schedules/quantize_reals.h"
#include "code_grid.h"

namespace dsq::generators {
namespace {

using namespace Halide;

class QuantizeReals : public Generator<QuantizeReals> {
public:
    GeneratorParam<int> levels{"levels", 3};
    GeneratorParam<int> lowest_code{"lowest_code", -2};
    GeneratorParam<int> code_distance{"code_distance", 1};
    GeneratorParam<int> channels{"channels", 0};  // 0: any number

    Input<Buffer<float, 4>> input{"input"};  // (c, x, y, n)
    Input<float> lower{"lower"};
    Input<float> step{"step"};
    Input<float> inverse_step{"inverse_step"};

    Output<Buffer<int8_t, 4>> codes{"codes"};  // (c, x, y, n)

    void generate() {
        const Steps steps{lower, step, inverse_step, cast<float>(levels.value())};
        codes(c, x, y, n) = code_on(steps, lowest_code, code_distance, input(c, x, y, n));
    }

    void schedule() {
        if (channels > 0) codes.dim(0).set_bounds(0, channels);
        schedules::quantize_reals({codes, c, channels});
    }

private:
    Var c{"c"}, x{"x"}, y{"y"}, n{"n"};
};

}  // namespace
}  // namespace dsq::generators

HALIDE_REGISTER_GENERATOR(dsq::generators::QuantizeReals, quantize_reals)
