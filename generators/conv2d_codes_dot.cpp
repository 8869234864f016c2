// A convolution of codes of up to 8 bits by dot products of four along the input channels, added up in 32 bits. For
// processors with an instruction for it: SDOT on Arm; VNNI on x86, which wants activations without a sign. How it runs:
// schedules/conv2d_codes_dot.h.
#include "schedules/conv2d_codes_dot.h"
#include "generators/low_bit_convolution.h"

namespace dsq::generators {
namespace {

using namespace Halide;

class Conv2dCodesDot : public LowBitConvolution<Conv2dCodesDot> {
public:
    // Adds 128 to the activations.
    GeneratorParam<bool> unsigned_codes{"unsigned_codes", false};
    GeneratorParam<int> tile_pixels{"tile_pixels", 8};
    GeneratorParam<int> tile_channels{"tile_channels", 8};  // a multiple of 4

    void generate() {
        // The last group may have more channels than the input. Their weights are 0.
        Expr code = input(min(ci, tap_channels() - 1), x, y, n);
        if (unsigned_codes) code = cast<uint8_t>(code) ^ cast<uint8_t>(128);
        codes(ci, x, y, n) = code;

        products = RDom(0, group, 0, groups(), 0, taps_in_row(), 0, kernel, "products");
        const Expr weight = cast<int32_t>(weights(
            (group * c + products.x) % (group * tile_channels), products.y, products.z, products.w, c / tile_channels));
        const Expr seen = codes(group * products.y + products.x,
                                x * stride + products.z - padding(),
                                y * stride + products.w - padding(),
                                n);
        accumulator(c, x, y, n) = start ? (*start)(c) : Expr(0);
        accumulator(c, x, y, n) += weight * cast<int32_t>(seen);
        finish(accumulator);
    }

    void schedule() {
        set_shapes(group * tile_channels, groups());
        schedules::conv2d_codes_dot({outputs(), accumulator, codes, windows, c, ci, x, y, n, products},
                                    {tile_pixels,
                                     tile_channels,
                                     out_extent(width),
                                     out_channels,
                                     group,
                                     groups(),
                                     row_channels == 0,
                                     has_offset},
                                    get_target());
    }

private:
    static constexpr int group = 4;
    int groups() {
        return (tap_channels() + group - 1) / group;
    }
    bool has_start() override {
        return unsigned_codes;
    }
    Type accumulator_type() override {
        return Int(32);
    }
    int tile_of_channels() override {
        return tile_channels;
    }

    Var ci{"ci"};
    RDom products;
    Func codes{"codes"}, accumulator{"accumulator"};
};

}  // namespace
}  // namespace dsq::generators

HALIDE_REGISTER_GENERATOR(dsq::generators::Conv2dCodesDot, conv2d_codes_dot)
