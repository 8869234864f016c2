// What the convolutions of codes share, whatever the way in which they add up: their ports, and the epilogue.
//
// A code is an integer of a few bits in an int8, shifted so that the largest product is smallest
// (model/code_range.h). accumulator(co, x, y, n) = sum over ci and taps of weight * input(ci, x * stride + kx -
// kernel / 2, ..., n), exactly; padding is read from the input's border. Shapes are constants: a kernel is made for one
// layer.
#pragma once

#include <Halide.h>

#include "batch_norm_activation.h"
#include "code_grid.h"
#include "schedules/window_sums.h"

namespace dsq::generators {

// What is made of an accumulator. With `has_offset` it first becomes (accumulator << offset_shift) + offset(co) * (sum
// of the window's codes): what a bound of the weights that is no multiple of their step adds (dsq-math, last section).
enum class Epilogue {
    int32,    // the accumulator
    codes,    // lowest_code + code_distance * how many thresholds of its channel it has reached; with `has_flips`,
              // accumulator ^ flip(co) has: a flip of -1 turns the order around
    float32,  // clamp(accumulator * scale(co) + shift(co) [+ residual(co, x, y, n)]): each operation rounded by itself
    float32_codes,      // the code of that real on a grid (code_grid.h)
    float32_and_codes,  // both
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
    // Of few input channels: bytes from the first that a window sees of a row, taken as the channels of one tap;
    // weights of 0 fill up what is behind the last. 0: each pixel is a tap.
    GeneratorParam<int> row_channels{"row_channels", 0};
    GeneratorParam<int> pixel_stride{"pixel_stride", 0};  // of the outputs, in elements; 0: out_channels
    GeneratorParam<int> batch{"batch", 0};  // images; 0: any number, which costs two outputs a loop of their own
    GeneratorParam<Epilogue> epilogue{"epilogue",
                                      Epilogue::codes,
                                      {{"int32", Epilogue::int32},
                                       {"codes", Epilogue::codes},
                                       {"float32", Epilogue::float32},
                                       {"float32_codes", Epilogue::float32_codes},
                                       {"float32_and_codes", Epilogue::float32_and_codes}}};
    GeneratorParam<bool> has_offset{"has_offset", false};
    GeneratorParam<int> offset_shift{"offset_shift", 0};
    GeneratorParam<bool> has_flips{"has_flips", false};
    GeneratorParam<int> levels{"levels", 3};  // thresholds of a channel, steps of a grid
    GeneratorParam<int> lowest_code{"lowest_code", -2};
    GeneratorParam<int> code_distance{"code_distance", 1};  // 2 for the codes -1 and +1
    GeneratorParam<bool> has_residual{"has_residual", false};

    Input<Halide::Buffer<int8_t, 4>> input{"input"};  // (ci, x, y, n), with a border of kernel / 2 at least
    // As compile/ packs them for the way: (lane, step, kx, ky, tile of output channels).
    Input<Halide::Buffer<void, 5>> weights{"weights"};

    void configure() {
        using Halide::Float;
        using Halide::Int;
        weights.set_type(weight_type());
        if (has_start()) start = this->template add_input<AnyBuffer>("start", Int(32), 1);     // (co), of all tiles
        if (has_offset) offsets = this->template add_input<AnyBuffer>("offsets", Int(32), 1);  // (co)
        if (epilogue == Epilogue::codes) {
            thresholds = this->template add_input<AnyBuffer>("thresholds", sum_type(), 2);       // (co, level), rising
            if (has_flips) flips = this->template add_input<AnyBuffer>("flips", sum_type(), 1);  // (co)
        }
        if (makes_reals()) {
            scale = this->template add_input<AnyBuffer>("scale", Float(32), 1);
            shift = this->template add_input<AnyBuffer>("shift", Float(32), 1);
            if (has_residual) addend = this->template add_input<AnyBuffer>("residual", Float(32), 4);
            clamp_lower = this->template add_input<float>("clamp_lower");
            clamp_upper = this->template add_input<float>("clamp_upper");
        }
        if (epilogue == Epilogue::float32_codes || epilogue == Epilogue::float32_and_codes) {
            lower = this->template add_input<float>("lower");
            step = this->template add_input<float>("step");
            inverse_step = this->template add_input<float>("inverse_step");
        }
        add_outputs();
    }

protected:
    // Whether sums begin at what makes up for a number that the way adds to all activations.
    virtual bool has_start() {
        return false;
    }
    virtual Halide::Type weight_type() {
        return Halide::Int(8);
    }
    // 16 bits where they hold every sum (compile/run_length.h).
    virtual Halide::Type accumulator_type() = 0;

    int padding() {
        return kernel / 2;
    }
    // Input channels of a tap, and taps along x.
    int tap_channels() {
        return row_channels > 0 ? row_channels : in_channels;
    }
    int taps_in_row() {
        return row_channels > 0 ? 1 : kernel.value();
    }
    int out_extent(int extent) {
        return (extent + 2 * padding() - kernel) / stride + 1;
    }
    // The code that tap (kx, ky) of output pixel (x, y) sees.
    Halide::Expr code(const Halide::Expr &ci, const Halide::Expr &kx, const Halide::Expr &ky) {
        if (!seen_codes.defined()) {
            Halide::Var channel{"channel"}, tap_x{"tap_x"}, tap_y{"tap_y"};
            seen_codes(channel, x, y, n, tap_x, tap_y) =
                input(channel, x * stride + tap_x - padding(), y * stride + tap_y - padding(), n);
        }
        return seen_codes(ci, x, y, n, kx, ky);
    }

    // For a vector that goes on behind the last pixel of a row.
    Halide::Expr within_row(const Halide::Expr &pixel) {
        return min(pixel, input.dim(1).max());
    }
    bool has_few_channels() {
        return in_channels <= 4;
    }
    // What tap (kx, ky) of output pixel (x, y) sees of such an input with `channels`, (ci, x, y, n): through
    // `codes_row`, of which a vector holds several pixels.
    Halide::Expr seen_in_row(
        Halide::Func codes, int channels, const Halide::Expr &ci, const Halide::Expr &kx, const Halide::Expr &ky) {
        codes_row(element, y, n) = codes(element % channels, element / channels, y, n);
        return codes_row(channels * (x * stride + kx - padding()) + ci, y * stride + ky - padding(), n);
    }

    // Defines the outputs.
    void finish(Halide::Func accumulator) {
        Halide::Expr sum = Halide::cast(sum_type(), accumulator(c, x, y, n));
        if (has_offset) sum = (sum << offset_shift.value()) + (*offsets)(c)*window_sum();
        if (epilogue == Epilogue::int32) define(output, Halide::cast<int32_t>(sum));
        if (epilogue == Epilogue::codes) define(output, code_of(sum));
        if (!makes_reals()) return;
        const Halide::Expr real = real_of(sum);
        if (epilogue != Epilogue::float32_codes) define(output, real);
        if (epilogue != Epilogue::float32) define(output_codes, code_of_real(real));
    }

    // One, or two of one size.
    std::vector<Halide::Func> outputs() {
        std::vector<Halide::Func> funcs;
        for (Output<AnyBuffer> *port : {output, output_codes}) {
            if (port) funcs.push_back(*port);
        }
        return funcs;
    }

    // Sizes and strides of all ports.
    void set_shapes(int lanes, int steps) {
        set_shapes(lanes, steps, taps_in_row(), kernel);
    }
    // For weights of another extent than that of the window.
    void set_shapes(int lanes, int steps, int taps_x, int taps_y) {
        input.dim(0).set_bounds(0, tap_channels()).set_stride(1);
        input.dim(1).set_stride(in_channels);
        int stride_of = 1;
        const int extents[] = {
            lanes, steps, taps_x, taps_y, (out_channels + tile_of_channels() - 1) / tile_of_channels()};
        for (int dimension = 0; dimension < 5; ++dimension) {
            weights.dim(dimension).set_bounds(0, extents[dimension]).set_stride(stride_of);
            stride_of *= extents[dimension];
        }
        if (start) start->dim(0).set_bounds(0, extents[4] * tile_of_channels());
        if (thresholds) {
            thresholds->dim(0).set_bounds(0, out_channels);
            thresholds->dim(1).set_bounds(0, levels).set_stride(out_channels);
        }
        for (Input<AnyBuffer> *port : {offsets, flips, scale, shift}) {
            if (port) port->dim(0).set_bounds(0, out_channels);
        }
        for (Output<AnyBuffer> *port : {output, output_codes}) {
            if (!port) continue;
            port->dim(0).set_bounds(0, out_channels);
            port->dim(1).set_bounds(0, out_extent(width)).set_stride(pixel_stride > 0 ? pixel_stride : out_channels);
            port->dim(2).set_bounds(0, out_extent(height));
            port->dim(3).set_min(0);
            if (batch > 0) port->dim(3).set_extent(batch);
        }
    }
    // Output channels whose weights lie together.
    virtual int tile_of_channels() = 0;

    // Of the codes that the accumulator of output (c, x, y, n) sees.
    virtual Halide::Expr window_sum() {
        if (windows.window.defined()) return windows.window(x, y, n);
        define_pixel_sum(kernel == 1 ? stride.value() : 1);  // no window of 1 sees what is between
        if (kernel == 1) {
            windows.window(x, y, n) = windows.pixel(x, y, n);
            return windows.window(x, y, n);
        }
        Halide::Expr column = 0, sum = 0;
        for (int ky = 0; ky < kernel; ++ky) column += windows.pixel(x, y * stride + ky - padding(), n);
        windows.column(x, y, n) = column;
        for (int kx = 0; kx < kernel; ++kx) sum += windows.column(x * stride + kx - padding(), y, n);
        windows.window(x, y, n) = sum;
        return windows.window(x, y, n);
    }

    Halide::Var c{"c"}, x{"x"}, y{"y"}, n{"n"}, element{"element"};
    Halide::Func seen_codes{"seen_codes"};  // (ci, x, y, n, kx, ky): codes
    Halide::Func codes_row{"row"};          // (element, y, n)
    schedules::WindowSums windows;
    Input<AnyBuffer> *start = nullptr;

private:
    // Of every `apart`th pixel: of few channels in one expression, so that a vector has pixels; of whole vectors by
    // lanes.
    void define_pixel_sum(int apart) {
        using Halide::cast;
        using Halide::Int;
        const auto code = [&](const Halide::Expr &channel) { return input(channel, x * apart, y * apart, n); };
        if (has_few_channels()) {
            Halide::Expr sum = cast<int16_t>(0);
            for (int channel = 0; channel < in_channels; ++channel) sum += cast<int16_t>(code(channel));
            windows.pixel(x, y, n) = cast<int32_t>(sum);
            return;
        }
        windows.pixel(x, y, n) = 0;
        constexpr int lanes = 8, most_narrow = 2048;  // codes of 8 bits whose sum in a lane 16 bits hold
        if (in_channels % (2 * lanes) != 0 || in_channels > most_narrow) {
            windows.channels = Halide::RDom(0, in_channels, "channels");
            windows.pixel(x, y, n) += cast<int32_t>(code(windows.channels));
            return;
        }
        const Halide::Var lane{"lane"};
        windows.pairs = Halide::RDom(0, 2, 0, in_channels / (2 * lanes), "pairs");
        windows.lane(lane, x, y, n) = cast<int16_t>(0);
        windows.lane(lane, x, y, n) += cast<int16_t>(code(2 * lanes * windows.pairs.y + 2 * lane + windows.pairs.x));
        windows.channels = Halide::RDom(0, lanes, "lanes");
        windows.pixel(x, y, n) += cast<int32_t>(windows.lane(windows.channels, x, y, n));
    }
    bool makes_reals() {
        return epilogue != Epilogue::int32 && epilogue != Epilogue::codes;
    }
    void add_outputs() {
        using Halide::Float;
        using Halide::Int;
        if (epilogue != Epilogue::float32_codes) {
            const Halide::Type type = makes_reals() ? Float(32) : Int(epilogue == Epilogue::int32 ? 32 : 8);
            output = this->template add_output<AnyBuffer>("output", type, 4);
        }
        if (makes_reals() && epilogue != Epilogue::float32) {
            output_codes = this->template add_output<AnyBuffer>("codes", Int(8), 4);
        }
    }
    void define(Output<AnyBuffer> *port, const Halide::Expr &value) {
        Halide::Func func = *port;
        func(c, x, y, n) = value;
    }

    Halide::Expr code_of(const Halide::Expr &sum) {
        using Halide::cast;
        const Halide::Type type = sum.type();
        const Halide::Expr compared = has_flips ? sum ^ (*flips)(c) : sum;
        Halide::Expr code = cast(type, lowest_code.value());
        for (int level = 0; level < levels; ++level) {
            code += select(compared >= (*thresholds)(c, level), cast(type, code_distance.value()), cast(type, 0));
        }
        return cast<int8_t>(code);
    }
    Halide::Expr real_of(const Halide::Expr &sum) {
        Halide::Expr real = scaled(Halide::cast<float>(sum), (*scale)(c), (*shift)(c));
        if (has_residual) real = strict_float(real + (*addend)(c, x, y, n));
        return clamped(real, *clamp_lower, *clamp_upper);
    }
    Halide::Expr code_of_real(const Halide::Expr &real) {
        return code_on(
            {*lower, *step, *inverse_step, Halide::cast<float>(levels.value())}, lowest_code, code_distance, real);
    }

    Halide::Type sum_type() {
        return has_offset ? Halide::Int(32) : accumulator_type();
    }
    Input<AnyBuffer> *offsets = nullptr, *thresholds = nullptr, *flips = nullptr, *scale = nullptr, *shift = nullptr,
                     *addend = nullptr;
    Input<float> *clamp_lower = nullptr, *clamp_upper = nullptr, *lower = nullptr, *step = nullptr,
                 *inverse_step = nullptr;
    Output<AnyBuffer> *output = nullptr, *output_codes = nullptr;
};

}  // namespace dsq::generators
