// What the convolutions of codes share, whatever the way in which they add up: their ports, and the epilogue.
//
// A code is an integer of a few bits in an int8, shifted so that the largest product is smallest
// (model/code_range.h). accumulator(co, x, y, n) = sum over ci and taps of weight * input(ci, x * stride + kx -
// kernel / 2, ..., n), exactly; padding is read from the input's border. Shapes are constants: a kernel is made for one
// layer.
#pragma once

#include <Halide.h>

namespace dsq::generators {

// What is made of an accumulator. With `has_offset` it first becomes (accumulator << offset_shift) + offset(co) * (sum
// of the window's codes): what a bound of the weights that is no multiple of their step adds (dsq-math, last section).
enum class Epilogue {
    int32,    // the accumulator
    codes,    // lowest_code + code_distance * how many thresholds of its channel it has reached
    float32,  // accumulator * scale(co) + shift(co), then + residual(co, x, y, n): each operation rounded by itself
};

template <typename Way>
class LowBitConvolution : public Halide::Generator<Way> {
public:
    template <typename T>
    using GeneratorParam = Halide::GeneratorParam<T>;
    template <typename T>
    using Input = Halide::GeneratorInput<T>;
    template <typename T>
    using Output = Halide::GeneratorOutput<T>;
    using AnyBuffer = Halide::Buffer<>;

    GeneratorParam<int> in_channels{"in_channels", 64};
    GeneratorParam<int> out_channels{"out_channels", 64};
    GeneratorParam<int> kernel{"kernel", 3};
    GeneratorParam<int> stride{"stride", 1};
    GeneratorParam<int> width{"width", 56};  // of the input, without its border
    GeneratorParam<int> height{"height", 56};
    GeneratorParam<Epilogue> epilogue{
        "epilogue",
        Epilogue::codes,
        {{"int32", Epilogue::int32}, {"codes", Epilogue::codes}, {"float32", Epilogue::float32}}};
    GeneratorParam<bool> has_offset{"has_offset", false};
    GeneratorParam<int> offset_shift{"offset_shift", 0};
    GeneratorParam<int> levels{"levels", 3};  // thresholds of a channel
    GeneratorParam<int> lowest_code{"lowest_code", -2};
    GeneratorParam<int> code_distance{"code_distance", 1};  // 2 for the codes -1 and +1
    GeneratorParam<bool> has_residual{"has_residual", false};

    Input<Halide::Buffer<int8_t, 4>> input{"input"};  // (ci, x, y, n), with a border of kernel / 2 at least
    // As compile/ packs them for the way: (lane, step, kx, ky, tile of output channels).
    Input<Halide::Buffer<int8_t, 5>> weights{"weights"};

    void configure() {
        using Halide::Float;
        if (has_offset) offsets = this->template add_input<AnyBuffer>("offsets", Halide::Int(32), 1);  // (co)
        if (epilogue == Epilogue::codes) {
            thresholds = this->template add_input<AnyBuffer>("thresholds", sum_type(), 2);  // (co, level), rising
        }
        if (epilogue == Epilogue::float32) {
            scale = this->template add_input<AnyBuffer>("scale", Float(32), 1);
            shift = this->template add_input<AnyBuffer>("shift", Float(32), 1);
            if (has_residual) addend = this->template add_input<AnyBuffer>("residual", Float(32), 4);
        }
        const Halide::Type types[] = {Halide::Int(32), Halide::Int(8), Float(32)};
        output = this->template add_output<AnyBuffer>("output", types[static_cast<int>(epilogue.value())], 4);
    }

protected:
    // 16 bits where they hold every sum (compile/run_length.h).
    virtual Halide::Type accumulator_type() = 0;

    int padding() {
        return kernel / 2;
    }
    int out_extent(int extent) {
        return (extent + 2 * padding() - kernel) / stride + 1;
    }
    // The code that tap (kx, ky) of output pixel (x, y) sees.
    Halide::Expr code(const Halide::Expr &ci, const Halide::Expr &kx, const Halide::Expr &ky) {
        return input(ci, x * stride + kx - padding(), y * stride + ky - padding(), n);
    }

    // Defines the output.
    void finish(Halide::Func accumulator) {
        using Halide::cast;
        using Halide::strict_float;
        Halide::Expr sum = cast(sum_type(), accumulator(c, x, y, n));
        if (has_offset) sum = (sum << offset_shift.value()) + (*offsets)(c)*window_sum()(x, y, n);
        Halide::Func result = *output;
        switch (epilogue.value()) {
            case Epilogue::int32:
                result(c, x, y, n) = cast<int32_t>(sum);
                break;
            case Epilogue::codes: {
                Halide::Expr code = cast(sum.type(), lowest_code.value());
                for (int level = 0; level < levels; ++level) {
                    code += select(
                        sum >= (*thresholds)(c, level), cast(sum.type(), code_distance.value()), cast(sum.type(), 0));
                }
                result(c, x, y, n) = cast<int8_t>(code);
                break;
            }
            case Epilogue::float32: {
                Halide::Expr value = strict_float(strict_float(cast<float>(sum) * (*scale)(c)) + (*shift)(c));
                if (has_residual) value = strict_float(value + (*addend)(c, x, y, n));
                result(c, x, y, n) = value;
            }
        }
    }

    // Sizes and strides of all ports.
    void set_shapes(int lanes, int steps) {
        set_shapes(lanes, steps, kernel);
    }
    // For weights of another extent than that of the window.
    void set_shapes(int lanes, int steps, int taps) {
        input.dim(0).set_bounds(0, in_channels).set_stride(1);
        input.dim(1).set_stride(in_channels);
        int stride_of = 1;
        const int extents[] = {lanes, steps, taps, taps, (out_channels + tile_of_channels() - 1) / tile_of_channels()};
        for (int dimension = 0; dimension < 5; ++dimension) {
            weights.dim(dimension).set_bounds(0, extents[dimension]).set_stride(stride_of);
            stride_of *= extents[dimension];
        }
        if (thresholds) {
            thresholds->dim(0).set_bounds(0, out_channels);
            thresholds->dim(1).set_bounds(0, levels).set_stride(out_channels);
        }
        for (Input<AnyBuffer> *port : {offsets, scale, shift}) {
            if (port) port->dim(0).set_bounds(0, out_channels);
        }
        output->dim(0).set_bounds(0, out_channels);
        output->dim(1).set_bounds(0, out_extent(width)).set_stride(out_channels);
        output->dim(2).set_bounds(0, out_extent(height));
        output->dim(3).set_min(0);
    }
    // Output channels whose weights lie together.
    virtual int tile_of_channels() = 0;

    Halide::Var c{"c"}, x{"x"}, y{"y"}, n{"n"};
    Halide::Func channel_sum{"channel_sum"}, window{"window"};
    Output<AnyBuffer> *output = nullptr;

private:
    Halide::Type sum_type() {
        return has_offset ? Halide::Int(32) : accumulator_type();
    }
    Halide::Func window_sum() {
        Halide::RDom channels(0, in_channels, "channels"), taps(0, kernel, 0, kernel, "taps");
        channel_sum(x, y, n) = 0;
        channel_sum(x, y, n) += Halide::cast<int32_t>(input(channels, x, y, n));
        window(x, y, n) = 0;
        window(x, y, n) += channel_sum(x * stride + taps.x - padding(), y * stride + taps.y - padding(), n);
        return window;
    }

    Input<AnyBuffer> *offsets = nullptr, *thresholds = nullptr, *scale = nullptr, *shift = nullptr, *addend = nullptr;
};

}  // namespace dsq::generators
