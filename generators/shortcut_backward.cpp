// The gradient of the parameter-free shortcut's input: 0 where a pixel was not taken. How it runs:
// schedules/image_sweep.h.
#include "schedules/image_sweep.h"

namespace dsq::generators {
namespace {

using namespace Halide;

class ShortcutBackward : public Generator<ShortcutBackward> {
public:
    Input<Buffer<float, 4>> grad_output{"grad_output"};  // (c, x, y, n)
    Input<int> stride{"stride"};
    Input<int> padding{"padding"};  // channels of the output before those of the input

    Output<Buffer<float, 4>> grad_input{"grad_input"};  // (c, x, y, n)

    void generate() {
        const Expr taken = x % stride == 0 && y % stride == 0;
        grad_input(c, x, y, n) = select(taken, grad_output(padding + c, x / stride, y / stride, n), 0.0f);
    }

    void schedule() {
        schedules::image_sweep({grad_input, c, n}, get_target());
    }

private:
    Var c{"c"}, x{"x"}, y{"y"}, n{"n"};
};

}  // namespace
}  // namespace dsq::generators

HALIDE_REGISTER_GENERATOR(dsq::generators::ShortcutBackward, shortcut_backward)
