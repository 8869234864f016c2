// The gradient of a depthwise convolution's input. The gradient of its output has a border of zeros. How it runs:
// schedules/depthwise_conv2d.h.
#include "schedules/depthwise_conv2d.h"

namespace dsq::generators {
namespace {

using namespace Halide;

class DepthwiseConv2dBackwardInput : public Generator<DepthwiseConv2dBackwardInput> {
public:
    GeneratorParam<int> kernel{"kernel", 3};
    GeneratorParam<int> stride{"stride", 1};

    Input<Buffer<float, 4>> grad_output{"grad_output"};  // (c, x, y, n), x and y from -padding
    Input<Buffer<float, 3>> weights{"weights"};          // (c, kx, ky)
    Output<Buffer<float, 4>> grad_input{"grad_input"};   // (c, x, y, n)

    void generate() {
        const int padding = kernel / 2;
        Expr sum = 0.0f;
        for (int ky = 0; ky < kernel; ++ky) {
            for (int kx = 0; kx < kernel; ++kx) {
                const Expr from_x = x + padding - kx, from_y = y + padding - ky;
                const Expr is_whole = from_x % stride == 0 && from_y % stride == 0;
                const Expr term = weights(c, kx, ky) * grad_output(c, from_x / stride, from_y / stride, n);
                sum += select(is_whole, term, 0.0f);
            }
        }
        grad_input(c, x, y, n) = sum;
    }

    void schedule() {
        // Which terms are whole is then known for each pixel of a tile.
        grad_input.dim(1).set_min(0);
        grad_input.dim(2).set_min(0);
        schedules::depthwise_conv2d({grad_input, c, x, y, n, stride}, get_target());
    }

private:
    Var c{"c"}, x{"x"}, y{"y"}, n{"n"};
};

}  // namespace
}  // namespace dsq::generators

HALIDE_REGISTER_GENERATOR(dsq::generators::DepthwiseConv2dBackwardInput, depthwise_conv2d_backward_input)
