// The mean of the pixels of each window that lie in the image. How it runs: schedules/window_reduction.h.
#include "pooling_window.h"
#include "schedules/window_reduction.h"

namespace dsq::generators {
namespace {

using namespace Halide;

class AveragePool : public Generator<AveragePool> {
public:
    Input<Buffer<float, 4>> input{"input"};  // (c, x, y, n)
    Input<int> kernel{"kernel"}, stride{"stride"}, padding{"padding"};

    Output<Buffer<float, 4>> output{"output"};  // (c, x, y, n)

    void generate() {
        const PoolingWindow h{kernel, stride, padding, input.dim(1).extent(), output.dim(1).extent()};
        const PoolingWindow v{kernel, stride, padding, input.dim(2).extent(), output.dim(2).extent()};
        window = RDom(0, kernel, 0, kernel, "window");
        const Expr px = h.pixel(x, window.x), py = v.pixel(y, window.y);
        const Expr inside = h.is_inside(px) && v.is_inside(py);
        sum(c, x, y, n) = 0.0f;
        sum(c, x, y, n) += select(inside, input(c, h.clamped(px), v.clamped(py), n), 0.0f);
        output(c, x, y, n) = sum(c, x, y, n) / cast<float>(h.size(x) * v.size(y));
    }

    void schedule() {
        schedules::window_reduction_of_images({output, c, {{sum, window}}}, n, get_target());
    }

private:
    Var c{"c"}, x{"x"}, y{"y"}, n{"n"};
    RDom window;
    Func sum{"sum"};
};

}  // namespace
}  // namespace dsq::generators

HALIDE_REGISTER_GENERATOR(dsq::generators::AveragePool, average_pool)
