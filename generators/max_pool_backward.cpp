// The gradient of the largest pixel of each window: to the first of the largest, rows first. Each pixel gathers from
// the windows that hold it. How it runs: schedules/max_pool_backward.h.
#include "schedules/max_pool_backward.h"
#include "pooling_window.h"
#include "quantizer.h"

#include <limits>

namespace dsq::generators {
namespace {

using namespace Halide;

class MaxPoolBackward : public Generator<MaxPoolBackward> {
public:
    Input<Buffer<float, 4>> input{"input"};              // (c, x, y, n)
    Input<Buffer<float, 4>> grad_output{"grad_output"};  // (c, x, y, n)
    Input<int> kernel{"kernel"}, stride{"stride"}, padding{"padding"};

    Output<Buffer<float, 4>> grad_input{"grad_input"};  // (c, x, y, n)

    void generate() {
        const PoolingWindow h{kernel, stride, padding, input.dim(1).extent(), grad_output.dim(1).extent()};
        const PoolingWindow v{kernel, stride, padding, input.dim(2).extent(), grad_output.dim(2).extent()};
        define_winner(h, v);

        windows = RDom(0, h.most_windows(), 0, v.most_windows(), "windows");
        const Expr wx = h.window(x, windows.x), wy = v.window(y, windows.y);
        const Expr cx = h.clamped_window(wx), cy = v.clamped_window(wy);
        const Expr position = v.position(y, wy) * kernel + h.position(x, wx);
        const Expr wins = h.holds(wx, x) && v.holds(wy, y) && winner(c, cx, cy, n) == cast<uint16_t>(position);
        sum(c, x, y, n) = 0.0f;
        sum(c, x, y, n) += select(wins, grad_output(c, cx, cy, n), 0.0f);
        grad_input(c, x, y, n) = sum(c, x, y, n);
    }

    void schedule() {
        schedules::max_pool_backward(
            {{winner, c, {{largest, window}, {first, window}}}, {grad_input, c, {{sum, windows}}}, n}, get_target());
    }

private:
    // Where in its window the first of the largest pixels lies; nowhere if all are NaN.
    void define_winner(const PoolingWindow &h, const PoolingWindow &v) {
        window = RDom(0, kernel, 0, kernel, "window");
        const Expr px = h.pixel(x, window.x), py = v.pixel(y, window.y);
        const Expr pixel = input(c, h.clamped(px), v.clamped(py), n);
        largest(c, x, y, n) = -std::numeric_limits<float>::infinity();
        largest(c, x, y, n) = at_least(pixel, largest(c, x, y, n));
        const Expr nowhere = kernel * kernel;
        const Expr is_largest = h.is_inside(px) && v.is_inside(py) && strict_float(pixel == largest(c, x, y, n));
        first(c, x, y, n) = nowhere;
        first(c, x, y, n) = min(first(c, x, y, n), select(is_largest, window.y * kernel + window.x, nowhere));
        winner(c, x, y, n) = cast<uint16_t>(first(c, x, y, n));
    }

    Var c{"c"}, x{"x"}, y{"y"}, n{"n"};
    RDom window, windows;
    Func largest{"largest"}, first{"first"}, winner{"winner"}, sum{"sum"};
};

}  // namespace
}  // namespace dsq::generators

HALIDE_REGISTER_GENERATOR(dsq::generators::MaxPoolBackward, max_pool_backward)
