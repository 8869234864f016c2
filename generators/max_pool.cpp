// The largest pixel of each window, channel by channel. A NaN counts as the smallest. With `has_flips`, the least one
// of the channels whose flip is -1. How it runs: schedules/window_reduction.h.
#include "pooling_window.h"
#include "quantizer.h"
#include "schedules/window_reduction.h"

#include <limits>

namespace dsq::generators {
namespace {

using namespace Halide;

class MaxPool : public Generator<MaxPool> {
public:
    GeneratorParam<Type> type{"type", Float(32)};  // or Int(8); Int(32) for the bits of reals of at least 0
    GeneratorParam<bool> has_flips{"has_flips", false};
    GeneratorParam<int> channels{"channels", 0};      // 0: any number
    GeneratorParam<int> extent{"extent", 0};          // of the window, as `kernel` has it; 0: any
    GeneratorParam<bool> parallel{"parallel", true};  // an image a task

    Input<Buffer<void, 4>> input{"input"};  // (c, x, y, n)
    Input<int> kernel{"kernel"}, stride{"stride"}, padding{"padding"};

    Output<Buffer<void, 4>> output{"output"};  // (c, x, y, n)

    void configure() {
        input.set_type(type);
        output.set_type(type);
        if (has_flips) flips = add_input<Buffer<>>("flips", Int(32), 1);  // (c)
    }

    void generate() {
        const PoolingWindow h{kernel, stride, padding, input.dim(1).extent(), output.dim(1).extent()};
        const PoolingWindow v{kernel, stride, padding, input.dim(2).extent(), output.dim(2).extent()};
        const Expr pixels = extent > 0 ? Expr(extent.value()) : Expr(kernel);
        window = RDom(0, pixels, 0, pixels, "window");
        // A pixel outside the image repeats one that the window holds anyway.
        const Expr pixel = input(c, h.clamped(h.pixel(x, window.x)), v.clamped(v.pixel(y, window.y)), n);
        largest(c, x, y, n) = is_real() ? Expr(-std::numeric_limits<float>::infinity()) : type.value().min();
        largest(c, x, y, n) = larger(turned(pixel), largest(c, x, y, n));
        output(c, x, y, n) = turned(largest(c, x, y, n));
    }

    void schedule() {
        if (channels > 0) output.dim(0).set_bounds(0, channels);
        schedules::window_reduction_of_images(
            {output, c, {{largest, window}}, channels, extent}, n, get_target(), parallel);
    }

private:
    bool is_real() {
        return type.value().is_float();
    }
    Expr larger(const Expr &a, const Expr &b) {
        return is_real() ? at_least(a, b) : max(a, b);
    }
    // In the order in which the channel's largest is looked for; its own inverse.
    Expr turned(const Expr &pixel) {
        if (!has_flips) return pixel;
        return select((*flips)(c) == 0, pixel, is_real() ? -pixel : ~pixel);
    }

    Input<Buffer<>> *flips = nullptr;
    Var c{"c"}, x{"x"}, y{"y"}, n{"n"};
    RDom window;
    Func largest{"largest"};
};

}  // namespace
}  // namespace dsq::generators

HALIDE_REGISTER_GENERATOR(dsq::generators::MaxPool, max_pool)
