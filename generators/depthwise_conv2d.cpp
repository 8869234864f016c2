// The forward pass of a convolution of each channel by itself. The padding is read from the border of the input. How it
// runs: schedules/depthwise_conv2d.h.
#include "schedules/depthwise_conv2d.h"

namespace dsq::generators {
namespace {

using namespace Halide;

class DepthwiseConv2d : public Generator<DepthwiseConv2d> {
public:
    GeneratorParam<int> kernel{"kernel", 3};
    GeneratorParam<int> stride{"stride", 1};

    Input<Buffer<float, 4>> input{"input"};      // (c, x, y, n), x and y from -padding
    Input<Buffer<float, 3>> weights{"weights"};  // (c, kx, ky)
    Output<Buffer<float, 4>> output{"output"};   // (c, x, y, n)

    void generate() {
        const int padding = kernel / 2;
        Expr sum = 0.0f;
        for (int ky = 0; ky < kernel; ++ky) {
            for (int kx = 0; kx < kernel; ++kx) {
                sum += weights(c, kx, ky) * input(c, x * stride + kx - padding, y * stride + ky - padding, n);
            }
        }
        output(c, x, y, n) = sum;
    }

    void schedule() {
        schedules::depthwise_conv2d({output, c, x, y, n, 1}, get_target());
    }

private:
    Var c{"c"}, x{"x"}, y{"y"}, n{"n"};
};

}  // namespace
}  // namespace dsq::generators

HALIDE_REGISTER_GENERATOR(dsq::generators::DepthwiseConv2d, depthwise_conv2d)
