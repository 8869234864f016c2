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
    // A block of channels lies together in the partial sums and in the copy of the input: multiples of the tile.
    GeneratorParam<int> block_out_channels{"block_out_channels", 16};
    GeneratorParam<int> block_in_channels{"block_in_channels", 16};
    // The tile that stays in registers: these x output channels of a block x kernel.
    GeneratorParam<int> tile_in_channels{"tile_in_channels", 2};              // with 16 registers
    GeneratorParam<int> tile_in_channels_of_32{"tile_in_channels_of_32", 4};  // with 32
    // Pixels of the output that a tile goes over at least, if there are as many.
    GeneratorParam<int> piece_pixels{"piece_pixels", 128};
    // Copy what tiles read: pays where many of them read it.
    GeneratorParam<bool> copies{"copies", true};

    Input<Buffer<float, 4>> input{"input"};                 // (ci, x, y, n), the border included
    Input<Buffer<float, 4>> grad_output{"grad_output"};     // (co, x, y, n)
    Input<int> slices{"slices"};                            // of the batch
    Output<Buffer<float, 4>> grad_weights{"grad_weights"};  // (co, ci, kx, ky)

    void generate() {
        const bool any = kernel == 0;
        const Expr width = grad_output.dim(1).extent(), height = grad_output.dim(2).extent();
        const Expr batch = grad_output.dim(3).extent();
        const Expr padding = (any ? grad_weights.dim(2).extent() : Expr(kernel.value())) / 2;

        // A convolution of single pixels reads none between those of its stride.
        const int spacing = kernel == 1 ? stride.value() : 1, step = stride / spacing;

        // Rows of an image, or all of some images, that stay in the first level of cache.
        const Expr rows = clamp(piece_pixels / max(width, 1), 1, max(height, 1));
        const Expr group = max(piece_pixels / max(width * height, 1), 1);
        const Expr groups = (batch + slices * group - 1) / (slices * group);  // of a slice

        const Expr last_out = grad_output.dim(0).extent() - 1, last_in = input.dim(0).extent() - 1;
        gradient(c, x, y, n) = grad_output(any ? min(c, last_out) : c, x, y, n);
        image(ci, x, y, n) = input(any ? min(ci, last_in) : ci, x * spacing, y * spacing, n);

        pixels = RDom(0, width, 0, rows, 0, group, "pixels");
        pixels.where(y + pixels.y < height && n + pixels.z < batch);
        // Halide's bounds ignore the conditions.
        const Expr row = unsafe_promise_clamped(y + pixels.y, 0, height - 1);
        const Expr which = unsafe_promise_clamped(n + pixels.z, 0, batch - 1);
        tile(c, ci, kx, ky, block, y, n) = 0.0f;
        tile(c, ci, kx, ky, block, y, n) += gradient(block * block_out_channels + c, pixels.x, row, which) *
                                            image(ci, pixels.x * step + kx - padding, row * step + ky - padding, which);

        pieces = RDom(0, (height + rows - 1) / rows, 0, groups, "pieces");
        partial(c, ci, kx, ky, block, slice) = 0.0f;
        partial(c, ci, kx, ky, block, slice) +=
            tile(c, ci, kx, ky, block, pieces.x * rows, (slice * groups + pieces.y) * group);

        all = RDom(0, slices, "all");
        total(c, ci, kx, ky) = 0.0f;
        total(c, ci, kx, ky) += partial(c % block_out_channels, ci, kx, ky, c / block_out_channels, all);
        grad_weights(c, ci, kx, ky) = total(c, ci, kx, ky);
    }

    void schedule() {
        input.dim(0).set_min(0);
        for (int dimension : {0, 1, 2, 3}) {
            grad_output.dim(dimension).set_min(0);
            grad_weights.dim(dimension).set_min(0);
        }
        if (kernel > 0) {
            for (int dimension : {2, 3}) grad_weights.dim(dimension).set_extent(kernel);
        }
        schedules::conv2d_backward_weight(
            {grad_weights, total, partial, tile, gradient, image, c, ci, kx, ky, block, slice, pixels, pieces},
            {block_out_channels, block_in_channels, tile_in_channels, tile_in_channels_of_32, kernel, copies},
            get_target());
    }

private:
    Var c{"c"}, ci{"ci"}, kx{"kx"}, ky{"ky"}, x{"x"}, y{"y"}, n{"n"}, block{"block"}, slice{"slice"};
    RDom pixels, pieces, all;
    Func gradient{"gradient"}, image{"image"}, tile{"tile"}, partial{"partial"}, total{"total"};
};

}  // namespace
}  // namespace dsq::generators

HALIDE_REGISTER_GENERATOR(dsq::generators::Conv2dBackwardWeight, conv2d_backward_weight)
