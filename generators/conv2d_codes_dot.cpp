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
        Expr code = input(min(ci, in_channels - 1), shares_rows() ? within_row(x) : x, y, n);
        if (unsigned_codes) code = cast<uint8_t>(code) ^ cast<uint8_t>(128);
        codes(ci, x, y, n) = code;

        products = RDom(0, group, 0, groups(), 0, kernel, 0, kernel, "products");
        const Expr weight = cast<int32_t>(weights(
            (group * c + products.x) % (group * tile_channels), products.y, products.z, products.w, c / tile_channels));
        const Expr channel = group * products.y + products.x;
        const Expr seen =
            shares_rows() ? seen_in_row(codes, group, channel, products.z, products.w)
                          : codes(channel, x * stride + products.z - padding(), y * stride + products.w - padding(), n);
        accumulator(c, x, y, n) = start ? (*start)(c) : Expr(0);
        accumulator(c, x, y, n) += weight * cast<int32_t>(seen);
        finish(accumulator);
    }

    void schedule() {
        set_shapes(group * tile_channels, groups());
        schedules::conv2d_codes_dot(
            {outputs(), accumulator, codes, channel_sum, window, c, ci, x, y, n, products, codes_row, element},
            {tile_pixels, tile_channels, out_extent(width), out_channels, group, groups(), has_offset},
            get_target());
    }

private:
    static constexpr int group = 4;
    int groups() {
        return (in_channels + group - 1) / group;
    }
    // x86 broadcasts groups from memory.
    bool shares_rows() {
        return !unsigned_codes && has_few_channels();
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
