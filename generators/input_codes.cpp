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

    Input<Buffer<void, 3>> pixels{"pixels"};      // (i, y, n)
    Input<Buffer<int8_t, 1>> padding{"padding"};  // (c)

    Output<Buffer<int8_t, 3>> codes{"codes"};  // (i, y, n), with its border: i and y begin below 0

    void configure() {
        pixels.set_type(pixel_type);
    }

    void generate() {
        row(i) = padding(i % padding.dim(0).extent());
        image = RDom(0, pixels.dim(0).extent(), 0, pixels.dim(1).extent(), "image");
        codes(i, y, n) = row(i);
        codes(image.x, image.y, n) = cast<int8_t>(cast<int32_t>(pixel(pixels(image.x, image.y, n))) - 128);
    }

    void schedule() {
        schedules::input_codes({codes, row, i, image});
    }

private:
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
