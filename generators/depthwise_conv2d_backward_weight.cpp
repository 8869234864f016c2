// The gradient of a depthwise convolution's weights: sums over rows, then over groups of images, then over the groups,
// so that bits depend neither on threads nor on the width of a vector. How it runs:
// schedules/depthwise_conv2d_backward_weight.h.
#include "schedules/depthwise_conv2d_backward_weight.h"

namespace dsq::generators {
namespace {

using namespace Halide;

class DepthwiseConv2dBackwardWeight : public Generator<DepthwiseConv2dBackwardWeight> {
public:
    GeneratorParam<int> kernel{"kernel", 3};
    GeneratorParam<int> stride{"stride", 1};

    Input<Buffer<float, 4>> input{"input"};                 // (c, x, y, n), x and y from -padding
    Input<Buffer<float, 4>> grad_output{"grad_output"};     // (c, x, y, n)
    Output<Buffer<float, 3>> grad_weights{"grad_weights"};  // (c, kx, ky)

    void generate() {
        constexpr int group_images = 8;
        const Expr width = grad_output.dim(1).extent(), height = grad_output.dim(2).extent();
        const Expr batch = grad_output.dim(3).extent();
        const int padding = kernel / 2;

        row = RDom(0, width, "row");
        row_sum(c, kx, ky, y, n) = 0.0f;
        row_sum(c, kx, ky, y, n) +=
            grad_output(c, row, y, n) * input(c, row * stride + kx - padding, y * stride + ky - padding, n);

        rows = RDom(0, height, 0, group_images, "rows");
        const Expr image = group * group_images + rows.y;
        rows.where(likely(image < batch));
        group_sum(c, kx, ky, group) = 0.0f;
        // Halide's bounds ignore the condition.
        group_sum(c, kx, ky, group) += row_sum(c, kx, ky, rows.x, unsafe_promise_clamped(image, 0, batch - 1));

        groups = RDom(0, (batch + group_images - 1) / group_images, "groups");
        grad_weights(c, kx, ky) = 0.0f;
        grad_weights(c, kx, ky) += group_sum(c, kx, ky, groups);
    }

    void schedule() {
        grad_weights.dim(1).set_bounds(0, kernel);
        grad_weights.dim(2).set_bounds(0, kernel);
        schedules::depthwise_conv2d_backward_weight(
            {grad_weights, group_sum, row_sum, c, kx, ky, group, row, rows, kernel}, get_target());
    }

private:
    Var c{"c"}, kx{"kx"}, ky{"ky"}, y{"y"}, n{"n"}, group{"group"};
    RDom row, rows, groups;
    Func row_sum{"row_sum"}, group_sum{"group_sum"};
};

}  // namespace
}  // namespace dsq::generators

HALIDE_REGISTER_GENERATOR(dsq::generators::DepthwiseConv2dBackwardWeight, depthwise_conv2d_backward_weight)
