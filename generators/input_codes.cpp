// The pixels of images as codes, pixel - 128, with a border of padding. A row is one run of bytes: i = x * channels +
// c. How it runs: schedules/input_codes.h.
#include "schedules/input_codes.h"
#include "quantizer.h"

namespace dsq::generators {
namespace {

using namespace Halide;

class InputCodes : public Generator<InputCodes> {
public:
    GeneratorParam<Type> pixel_type{"pixel_type", UInt(8)};  // or Float(32): x from 0 to 1 is pixel x * 255, rounded

    // Codes have one more channel than pixels: 0 in the image, and what `padding` says outside.
    GeneratorParam<bool> marks_outside{"marks_outside", false};

    Input<Buffer<void, 3>> pixels{"pixels"};      // (i, y, n)
    Input<Buffer<int8_t, 1>> padding{"padding"};  // (c)

    Output<Buffer<int8_t, 3>> codes{"codes"};  // (i, y, n), with its border: i and y begin below 0

    void configure() {
        pixels.set_type(pixel_type);
    }

    void generate() {
        row(i) = padding(i % padding.dim(0).extent());
        const Expr channels = padding.dim(0).extent(), pixel_channels = marks_outside ? channels - 1 : channels;
        image = RDom(0, pixels.dim(0).extent() / pixel_channels * channels, 0, pixels.dim(1).extent(), "image");
        codes(i, y, n) = row(i);
        if (marks_outside) {
            const Expr channel = image.x % channels;
            const Expr at = image.x / channels * pixel_channels + min(channel, pixel_channels - 1);
            codes(image.x, image.y, n) = select(channel < pixel_channels, code_at(at), cast<int8_t>(0));
        } else {
            codes(image.x, image.y, n) = code_at(image.x);
        }
    }

    void schedule() {
        schedules::input_codes({codes, row, i, image});
    }

private:
    Expr code_at(const Expr &at) {
        return cast<int8_t>(cast<int32_t>(pixel(pixels(at, image.y, n))) - 128);
    }
    static Expr pixel(const Expr &x) {
        if (x.type().is_uint()) return x;
        return strict_float(at_most(at_least(strict_float(x * 255.0f), 0.0f), 255.0f) + 0.5f);
    }

    Var i{"i"}, y{"y"}, n{"n"};
    RDom image;
    Func row{"row"};
};

}  // namespace
}  // namespace dsq::generators

HALIDE_REGISTER_GENERATOR(dsq::generators::InputCodes, input_codes)
