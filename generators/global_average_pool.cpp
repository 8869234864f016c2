// The mean of each channel over an image: the sum in the order of the layout, each operation rounded by itself. How it
// runs: schedules/window_reduction.h.
#include "schedules/window_reduction.h"

namespace dsq::generators {
namespace {

using namespace Halide;

class GlobalAveragePool : public Generator<GlobalAveragePool> {
public:
    GeneratorParam<bool> parallel{"parallel", true};  // an image a task

    Input<Buffer<float, 4>> input{"input"};     // (c, x, y, n)
    Output<Buffer<float, 4>> output{"output"};  // (c, 1, 1, n)

    void generate() {
        const Expr width = input.dim(1).extent(), height = input.dim(2).extent();
        pixels = RDom(0, width, 0, height, "pixels");
        sum(c, x, y, n) = 0.0f;
        sum(c, x, y, n) = strict_float(sum(c, x, y, n) + input(c, pixels.x, pixels.y, n));
        output(c, x, y, n) = strict_float(sum(c, x, y, n) / cast<float>(width * height));
    }

    void schedule() {
        schedules::window_reduction_of_images({output, c, {{sum, pixels}}}, n, get_target(), parallel);
    }

private:
    Var c{"c"}, x{"x"}, y{"y"}, n{"n"};
    RDom pixels;
    Func sum{"sum"};
};

}  // namespace
}  // namespace dsq::generators

HALIDE_REGISTER_GENERATOR(dsq::generators::GlobalAveragePool, global_average_pool)
