// The gradient of a convolution's weights: grad_weights(co, ci, kx, ky) = sum over x, y, n of grad_output(co, x, y, n)
// * input(ci, x * stride + kx - padding, y * stride + ky - padding, n), float32.
//
// The order of the additions is fixed: pieces of an image, these one after the other within a slice of the batch, then
// the slices. How it runs: schedules/conv2d_backward_weight.h.
#include "schedules/conv2d_backward_weight.h"

namespace dsq::generators {
namespace {

using namespace Halide;

class Conv2dBackwardWeight : public Generator<Conv2dBackwardWeight> {
public:
    // 0: any, with any number of channels.
    GeneratorParam<int> kernel{"kernel", 3};
    GeneratorParam<int> stride{"stride", 1};
    GeneratorParam<int> tile_out_channels{"tile_out_channels", 16};
    GeneratorParam<int> tile_in_channels{"tile_in_channels", 2};

    Input<Buffer<float, 4>> input{"input"};                 // (ci, x, y, n), the border included
    Input<Buffer<float, 4>> grad_output{"grad_output"};     // (co, x, y, n)
    Input<int> slices{"slices"};                            // of the batch
    Output<Buffer<float, 4>> grad_weights{"grad_weights"};  // (co, ci, kx, ky)

    void generate() {
        const Expr width = grad_output.dim(1).extent(), height = grad_output.dim(2).extent();
        const Expr batch = grad_output.dim(3).extent();
        // Rows of an image that stay in the first level of cache while the tiles of dW go over them.
        const Expr rows = clamp(256 / max(width, 1), 1, max(height, 1));
        const Expr images = (batch + slices - 1) / slices;
        const Expr padding = (kernel > 0 ? Expr(kernel.value()) : grad_weights.dim(2).extent()) / 2;

        pixels = RDom(0, width, 0, rows, "pixels");
        const Expr row = piece * rows + pixels.y;
        pixels.where(row < height);
        // Halide's bounds ignore the conditions.
        const Expr y = unsafe_promise_clamped(row, 0, height - 1);
        const Expr image = unsafe_promise_clamped(n, 0, batch - 1);
        tile(c, ci, kx, ky, piece, n) = 0.0f;
        tile(c, ci, kx, ky, piece, n) +=
            grad_output(kernel > 0 ? c : min(c, grad_output.dim(0).extent() - 1), pixels.x, y, image) *
            input(ci, pixels.x * stride + kx - padding, y * stride + ky - padding, image);

        pieces = RDom(0, (height + rows - 1) / rows, 0, images, "pieces");
        pieces.where(slice * images + pieces.y < batch);
        partial(c, ci, kx, ky, slice) = 0.0f;
        partial(c, ci, kx, ky, slice) += tile(c, ci, kx, ky, pieces.x, slice * images + pieces.y);

        all = RDom(0, slices, "all");
        total(c, ci, kx, ky) = 0.0f;
        total(c, ci, kx, ky) += partial(c, ci, kx, ky, all);
        grad_weights(c, ci, kx, ky) = total(c, ci, kx, ky);
    }

    void schedule() {
        input.dim(0).set_min(0);
        grad_weights.dim(0).set_min(0);
        grad_weights.dim(1).set_min(0);
        for (int dimension : {2, 3}) {
            grad_weights.dim(dimension).set_min(0);
            if (kernel > 0) grad_weights.dim(dimension).set_extent(kernel);
        }
        for (int dimension : {0, 1, 2, 3}) grad_output.dim(dimension).set_min(0);
        schedules::conv2d_backward_weight({grad_weights, total, partial, tile, c, ci, kx, ky, slice, pixels, pieces},
                                          {tile_out_channels, tile_in_channels, kernel},
                                          get_target());
    }

private:
    Var c{"c"}, ci{"ci"}, kx{"kx"}, ky{"ky"}, piece{"piece"}, n{"n"}, slice{"slice"};
    RDom pixels, pieces, all;
    Func tile{"tile"}, partial{"partial"}, total{"total"};
};

}  // namespace
}  // namespace dsq::generators

HALIDE_REGISTER_GENERATOR(dsq::generators::Conv2dBackwardWeight, conv2d_backward_weight)
