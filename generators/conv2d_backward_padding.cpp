// The gradient of the one number that fills a convolution's padding: the sum over outputs and taps that fall outside
// the image of grad_output * the weights of the tap. Only outputs near the edge have such taps. In float64, for it is
// one number. How it runs: schedules/conv2d_backward_padding.h.
#include "schedules/conv2d_backward_padding.h"

namespace dsq::generators {
namespace {

using namespace Halide;

class Conv2dBackwardPadding : public Generator<Conv2dBackwardPadding> {
public:
    Input<Buffer<float, 4>> grad_output{"grad_output"};  // (co, x, y, n)
    Input<Buffer<float, 4>> weights{"weights"};          // (co, ci, kx, ky), kernel x kernel taps
    Input<int> in_width{"in_width"};
    Input<int> in_height{"in_height"};
    Input<int> stride{"stride"};
    Output<Buffer<double, 0>> grad_padding{"grad_padding"};

    void generate() {
        const Expr channels = grad_output.dim(0).extent(), kernel = weights.dim(2).extent();
        const Expr width = grad_output.dim(1).extent(), height = grad_output.dim(2).extent();
        const RDom in(0, weights.dim(1).extent(), "in"), taps(0, kernel, 0, kernel, "taps");
        tap_weight(c, kx, ky) = cast<double>(0);
        tap_weight(c, kx, ky) += cast<double>(weights(c, in, kx, ky));

        // Rows of outputs at the top and at the bottom; columns at the left and at the right between them. Taps fall
        // outside for kernel / 2 of them on a side at most.
        const Expr padding = kernel / 2, rows = min(2 * padding, height), columns = min(2 * padding, width);
        const Expr bottom = select(i < padding, i, height - rows + i),
                   right = select(i < padding, i, width - columns + i);
        const Expr between = max(height - rows, 0);
        const RDom batch(0, grad_output.dim(3).extent(), "batch");
        row_gradient(c, x, i) = cast<double>(0);
        row_gradient(c, x, i) += cast<double>(grad_output(c, x, clamp(bottom, 0, height - 1), batch));
        column_gradient(c, i, y) = cast<double>(0);
        column_gradient(c, i, y) +=
            cast<double>(grad_output(c, clamp(right, 0, width - 1), clamp(y + padding, 0, height - 1), batch));

        const auto outside = [&](const Expr &at_x, const Expr &at_y) {
            const Expr from_x = at_x * stride + taps.x - padding, from_y = at_y * stride + taps.y - padding;
            return from_x < 0 || from_x >= in_width || from_y < 0 || from_y >= in_height;
        };
        row_weight(c, x, i) = cast<double>(0);
        row_weight(c, x, i) += select(outside(x, bottom), tap_weight(c, taps.x, taps.y), cast<double>(0));
        column_weight(c, i, y) = cast<double>(0);
        column_weight(c, i, y) += select(outside(right, y + padding), tap_weight(c, taps.x, taps.y), cast<double>(0));

        const RDom in_rows(0, channels, 0, width, 0, rows, "in_rows");
        const RDom in_columns(0, channels, 0, columns, 0, between, "in_columns");
        total() = cast<double>(0);
        total() += row_gradient(in_rows.x, in_rows.y, in_rows.z) * row_weight(in_rows.x, in_rows.y, in_rows.z);
        total() += column_gradient(in_columns.x, in_columns.y, in_columns.z) *
                   column_weight(in_columns.x, in_columns.y, in_columns.z);
        grad_padding() = total();
    }

    void schedule() {
        for (int dimension : {0, 1, 2, 3}) {
            grad_output.dim(dimension).set_min(0);
            weights.dim(dimension).set_min(0);
        }
        schedules::conv2d_backward_padding(
            {total, {tap_weight, row_gradient, row_weight, column_gradient, column_weight}}, get_target());
    }

private:
    Var c{"c"}, x{"x"}, y{"y"}, i{"i"}, kx{"kx"}, ky{"ky"};
    Func tap_weight{"tap_weight"};                                            // (c, kx, ky): summed over input channels
    Func row_gradient{"row_gradient"}, row_weight{"row_weight"};              // (c, x, i)
    Func column_gradient{"column_gradient"}, column_weight{"column_weight"};  // (c, i, y)
    Func total{"total"};
};

}  // namespace
}  // namespace dsq::generators

HALIDE_REGISTER_GENERATOR(dsq::generators::Conv2dBackwardPadding, conv2d_backward_padding)
