// A convolution over an image with a border: output(co, x, y, n) = sum over ci and taps of weights(co, ci, tx, ty) *
// input(ci, x * stride + tx + offset_x, y * stride + ty + offset_y, n), float32. The backward pass to the input is one
// too, with another view of the weights (src/operators/conv2d.cpp). How it runs: schedules/conv2d.h.
#include "schedules/conv2d.h"

namespace dsq::generators {
namespace {

using namespace Halide;

class Conv2d : public Generator<Conv2d> {
public:
    // What the inner loops are compiled for. No input channels: any number, and any number of output channels.
    GeneratorParam<int> in_channels{"in_channels", 16};
    GeneratorParam<int> stride{"stride", 1};
    // Taps in x and in y; 0: any.
    GeneratorParam<int> taps{"taps", 0};
    GeneratorParam<int> tile_channels{"tile_channels", 16};
    GeneratorParam<int> tile_pixels{"tile_pixels", 4};              // with 16 registers
    GeneratorParam<int> tile_pixels_of_32{"tile_pixels_of_32", 8};  // with 32

    Input<Buffer<float, 4>> input{"input"};      // (ci, x, y, n), the border included
    Input<Buffer<float, 4>> weights{"weights"};  // (co, ci, tx, ty)
    Input<int> offset_x{"offset_x"};
    Input<int> offset_y{"offset_y"};
    Output<Buffer<float, 4>> output{"output"};  // (co, x, y, n)

    void generate() {
        const bool any = in_channels == 0;
        const Expr channels = any ? input.dim(0).extent() : Expr(in_channels.value());
        packed(c, ci, tx, ty) = weights(any ? min(c, weights.dim(0).extent() - 1) : c, ci, tx, ty);
        const Expr taps_x = taps > 0 ? Expr(taps.value()) : weights.dim(2).extent();
        const Expr taps_y = taps > 0 ? Expr(taps.value()) : weights.dim(3).extent();
        r = RDom(0, channels, 0, taps_x, 0, taps_y, "r");
        sum(c, x, y, n) = 0.0f;
        sum(c, x, y, n) +=
            packed(c, r.x, r.y, r.z) * input(r.x, x * stride + r.y + offset_x, y * stride + r.z + offset_y, n);
        output(c, x, y, n) = sum(c, x, y, n);
    }

    void schedule() {
        input.dim(0).set_min(0);
        weights.dim(0).set_min(0).set_stride(Expr());
        weights.dim(1).set_min(0);
        if (in_channels > 0) {
            input.dim(0).set_extent(in_channels);
            input.dim(1).set_stride(in_channels);
            weights.dim(1).set_extent(in_channels);
        }
        for (int dimension : {2, 3}) {
            weights.dim(dimension).set_min(0);
            if (taps > 0) weights.dim(dimension).set_extent(taps);
        }
        for (int dimension : {0, 1, 2, 3}) output.dim(dimension).set_min(0);
        schedules::conv2d({output, sum, packed, weights.dim(0).stride(), c, x, y, n, r, in_channels},
                          {tile_channels, tile_pixels, tile_pixels_of_32},
                          get_target());
    }

private:
    Var c{"c"}, x{"x"}, y{"y"}, n{"n"}, ci{"ci"}, tx{"tx"}, ty{"ty"};
    RDom r;
    Func packed{"packed"}, sum{"sum"};
};

}  // namespace
}  // namespace dsq::generators

HALIDE_REGISTER_GENERATOR(dsq::generators::Conv2d, conv2d)
