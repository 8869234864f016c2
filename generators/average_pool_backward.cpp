// The gradient of the mean of each window: each pixel gathers its shares from the windows that hold it. How it runs:
// schedules/window_reduction.h.
#include "pooling_window.h"
#include "schedules/window_reduction.h"

namespace dsq::generators {
namespace {

using namespace Halide;

class AveragePoolBackward : public Generator<AveragePoolBackward> {
public:
    Input<Buffer<float, 4>> grad_output{"grad_output"};  // (c, x, y, n)
    Input<int> kernel{"kernel"}, stride{"stride"}, padding{"padding"};

    Output<Buffer<float, 4>> grad_input{"grad_input"};  // (c, x, y, n)

    void generate() {
        const PoolingWindow h{kernel, stride, padding, grad_input.dim(1).extent(), grad_output.dim(1).extent()};
        const PoolingWindow v{kernel, stride, padding, grad_input.dim(2).extent(), grad_output.dim(2).extent()};
        windows = RDom(0, h.most_windows(), 0, v.most_windows(), "windows");
        const Expr wx = h.window(x, windows.x), wy = v.window(y, windows.y);
        const Expr cx = h.clamped_window(wx), cy = v.clamped_window(wy);
        const Expr share = grad_output(c, cx, cy, n) / cast<float>(h.size(cx) * v.size(cy));
        sum(c, x, y, n) = 0.0f;
        sum(c, x, y, n) += select(h.holds(wx, x) && v.holds(wy, y), share, 0.0f);
        grad_input(c, x, y, n) = sum(c, x, y, n);
    }

    void schedule() {
        schedules::window_reduction_of_images({grad_input, c, {{sum, windows}}}, n, get_target());
    }

private:
    Var c{"c"}, x{"x"}, y{"y"}, n{"n"};
    RDom windows;
    Func sum{"sum"};
};

}  // namespace
}  // namespace dsq::generators

HALIDE_REGISTER_GENERATOR(dsq::generators::AveragePoolBackward, average_pool_backward)
