// The windows of a pooling layer along one dimension of an image, for any kernel, stride and padding.
#pragma once

#include <Halide.h>

namespace dsq::generators {

struct PoolingWindow {
    Halide::Expr kernel, stride, padding;
    Halide::Expr extent;         // of the image
    Halide::Expr output_extent;  // windows

    // Pixel `k` of window `o`, which may lie outside the image.
    Halide::Expr pixel(const Halide::Expr &o, const Halide::Expr &k) const {
        return o * stride - padding + k;
    }
    Halide::Expr is_inside(const Halide::Expr &pixel) const {
        return pixel >= 0 && pixel < extent;
    }
    Halide::Expr clamped(const Halide::Expr &pixel) const {
        return clamp(pixel, 0, extent - 1);
    }
    // Pixels of window `o` in the image.
    Halide::Expr size(const Halide::Expr &o) const {
        return min(pixel(o, kernel), extent) - max(pixel(o, 0), 0);
    }

    // The windows that hold a pixel are the last that begins before it, and up to so many before that one.
    Halide::Expr most_windows() const {
        return (kernel + stride - 1) / stride;
    }
    Halide::Expr window(const Halide::Expr &pixel, const Halide::Expr &before) const {
        return (pixel + padding) / stride - before;
    }
    Halide::Expr clamped_window(const Halide::Expr &window) const {
        return clamp(window, 0, output_extent - 1);
    }
    // Where in a window a pixel lies.
    Halide::Expr position(const Halide::Expr &pixel, const Halide::Expr &window) const {
        return pixel + padding - window * stride;
    }
    Halide::Expr holds(const Halide::Expr &window, const Halide::Expr &pixel) const {
        return window >= 0 && window < output_extent && position(pixel, window) < kernel;
    }
};

}  // namespace dsq::generators
