// A convolution of codes by pairs of products along the input channels, for x86 without VNNI: into 16 bits where these
// hold every accumulator and codes have 7 bits or fewer (PMADDUBSW, which wants activations without a sign), else into
// 32 (PMADDWD). How it runs: schedules/conv2d_codes_pairs.h.
#include "schedules/conv2d_codes_pairs.h"
#include "generators/low_bit_convolution.h"

namespace dsq::generators {
namespace {

using namespace Halide;

class Conv2dCodesPairs : public LowBitConvolution<Conv2dCodesPairs> {
public:
    GeneratorParam<int> sum_bits{"sum_bits", 16};
    GeneratorParam<int> activation_bits{"activation_bits", 2};
    GeneratorParam<int> tile_pixels{"tile_pixels", 4};
    GeneratorParam<int> tile_channels{"tile_channels", 32};  // a multiple of 8; of 16 bits

    void generate() {
        // The last group may have more channels than the input. Their weights are 0.
        const Expr code = input(min(ci, in_channels - 1), x, y, n);
        codes(ci, x, y, n) = narrow() ? cast<uint8_t>(code) + cast<uint8_t>(half()) : cast<int16_t>(code);

        products = RDom(0, group, 0, groups(), 0, kernel, 0, kernel, "products");
        const Expr weight = cast(accumulator_type(),
                                 weights((group * c + products.x) % (group * tile_channels),
                                         products.y,
                                         products.z,
                                         products.w,
                                         c / tile_channels));
        const Expr seen = codes(group * products.y + products.x,
                                x * stride + products.z - padding(),
                                y * stride + products.w - padding(),
                                n);
        const Expr product = weight * cast(accumulator_type(), seen);
        if (narrow()) {
            // It begins where all activations are the lowest. So each sum on its way is that of some activations, and
            // never saturates.
            accumulator(c, x, y, n) = cast<int16_t>((*start)(c));
            accumulator(c, x, y, n) = saturating_add(accumulator(c, x, y, n), product);
        } else {
            accumulator(c, x, y, n) = 0;
            accumulator(c, x, y, n) += product;
        }
        finish(accumulator);
    }

    void schedule() {
        set_shapes(group * tile_channels, groups());
        schedules::conv2d_codes_pairs(
            {outputs(), accumulator, codes, windows, c, ci, x, y, n, products},
            {tile_pixels, tile_channels, out_extent(width), out_channels, group, groups(), has_offset},
            get_target());
    }

private:
    static constexpr int group = 2;
    int groups() {
        return (in_channels + group - 1) / group;
    }
    bool has_start() override {
        return narrow();
    }
    Type accumulator_type() override {
        return Int(sum_bits);
    }
    bool narrow() {
        return sum_bits == 16;
    }
    int half() {
        return 1 << (activation_bits - 1);
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

HALIDE_REGISTER_GENERATOR(dsq::generators::Conv2dCodesPairs, conv2d_codes_pairs)
