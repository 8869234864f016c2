// The forward pass of a convolution: y(co, x, y, n) = sum over ci, kx, ky of w(co, ci, kx, ky) * padded input, float32.
// Padding is half the kernel, of zeros. How it runs: schedules/conv2d.h.
#include "schedules/conv2d.h"

namespace dsq::generators {
namespace {

using namespace Halide;

class Conv2d : public Generator<Conv2d> {
public:
    // What a layer fixes: its inner loops are compiled for it.
    GeneratorParam<int> in_channels{"in_channels", 16};
    GeneratorParam<int> kernel{"kernel", 3};
    GeneratorParam<int> stride{"stride", 1};
    // The tile that stays in registers on a machine with 32 of them (schedules/conv2d.h).
    GeneratorParam<int> tile_channels{"tile_channels", 16};
    GeneratorParam<int> tile_pixels{"tile_pixels", 8};

    Input<Buffer<float, 4>> input{"input"};      // (ci, x, y, n)
    Input<Buffer<float, 4>> weights{"weights"};  // (co, ci, kx, ky)
    Output<Buffer<float, 4>> output{"output"};   // (co, x, y, n): extents of the input / stride, rounded up

    void generate() {
        const Expr width = input.dim(1).extent(), height = input.dim(2).extent();
        const Expr inside = x >= 0 && x < width && y >= 0 && y < height;
        padded(c, x, y, n) = select(inside, input(c, clamp(x, 0, width - 1), clamp(y, 0, height - 1), n), 0.0f);
        packed(c, ci, kx, ky) = weights(c, ci, kx, ky);

        const int padding = kernel / 2;
        r = RDom(0, in_channels, 0, kernel, 0, kernel, "r");
        accumulator(c, x, y, n) = 0.0f;
        accumulator(c, x, y, n) +=
            packed(c, r.x, r.y, r.z) * padded(r.x, x * stride + r.y - padding, y * stride + r.z - padding, n);
        output(c, x, y, n) = accumulator(c, x, y, n);
    }

    void schedule() {
        // Dense tensors of the channels that it was compiled for.
        input.dim(0).set_bounds(0, in_channels);
        input.dim(1).set_min(0).set_stride(in_channels);
        input.dim(2).set_min(0);
        weights.dim(0).set_min(0);
        weights.dim(1).set_bounds(0, in_channels);
        weights.dim(2).set_bounds(0, kernel);
        weights.dim(3).set_bounds(0, kernel);
        output.dim(0).set_min(0);
        schedules::conv2d({output, accumulator, padded, packed, c, x, y, n, ci, r, in_channels},
                          {tile_channels, tile_pixels},
                          get_target());
    }

private:
    Var c{"c"}, x{"x"}, y{"y"}, n{"n"}, ci{"ci"}, kx{"kx"}, ky{"ky"};
    RDom r;
    Func padded{"padded"}, packed{"packed"}, accumulator{"accumulator"};
};

}  // namespace
}  // namespace dsq::generators

HALIDE_REGISTER_GENERATOR(dsq::generators::Conv2d, conv2d)
