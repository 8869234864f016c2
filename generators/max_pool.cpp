// The largest pixel of each window, channel by channel. A NaN counts as the smallest. How it runs:
// schedules/window_reduction.h.
#include "pooling_window.h"
#include "quantizer.h"
#include "schedules/window_reduction.h"

#include <limits>

namespace dsq::generators {
namespace {

using namespace Halide;

class MaxPool : public Generator<MaxPool> {
public:
    Input<Buffer<float, 4>> input{"input"};  // (c, x, y, n)
    Input<int> kernel{"kernel"}, stride{"stride"}, padding{"padding"};

    Output<Buffer<float, 4>> output{"output"};  // (c, x, y, n)

    void generate() {
        const PoolingWindow h{kernel, stride, padding, input.dim(1).extent(), output.dim(1).extent()};
        const PoolingWindow v{kernel, stride, padding, input.dim(2).extent(), output.dim(2).extent()};
        window = RDom(0, kernel, 0, kernel, "window");
        // A pixel outside the image repeats one that the window holds anyway.
        const Expr pixel = input(c, h.clamped(h.pixel(x, window.x)), v.clamped(v.pixel(y, window.y)), n);
        largest(c, x, y, n) = -std::numeric_limits<float>::infinity();
        largest(c, x, y, n) = at_least(pixel, largest(c, x, y, n));
        output(c, x, y, n) = largest(c, x, y, n);
    }

    void schedule() {
        schedules::window_reduction_of_images({output, c, {{largest, window}}}, n, get_target());
    }

private:
    Var c{"c"}, x{"x"}, y{"y"}, n{"n"};
    RDom window;
    Func largest{"largest"};
};

}  // namespace
}  // namespace dsq::generators

HALIDE_REGISTER_GENERATOR(dsq::generators::MaxPool, max_pool)
