// A convolution of codes by weights of 16 bits, added up in 32: for a first layer that was trained in float32, whose
// weights 8 bits would round too coarsely. On x86 two products at once, along the input channels. How it runs:
// schedules/conv2d_codes_wide.h.
#include "schedules/conv2d_codes_wide.h"
#include "generators/low_bit_convolution.h"

namespace dsq::generators {
namespace {

using namespace Halide;

class Conv2dCodesWide : public LowBitConvolution<Conv2dCodesWide> {
public:
    GeneratorParam<int> group{"group", 1};  // of input channels, whose products an instruction adds up
    GeneratorParam<int> tile_pixels{"tile_pixels", 4};
    GeneratorParam<int> tile_channels{"tile_channels", 16};  // a multiple of 4

    void generate() {
        // The last group may have more channels than the input. Their weights are 0.
        codes(ci, x, y, n) = cast<int16_t>(input(min(ci, in_channels - 1), shares_rows() ? within_row(x) : x, y, n));

        products = RDom(0, group, 0, groups(), 0, kernel, 0, kernel, "products");
        const Expr weight =
            weights((group * c + products.x) % lanes(), products.y, products.z, products.w, c / tile_channels);
        const Expr channel = group * products.y + products.x;
        const Expr seen =
            shares_rows() ? seen_in_row(codes, in_channels, channel, products.z, products.w)
                          : codes(channel, x * stride + products.z - padding(), y * stride + products.w - padding(), n);
        accumulator(c, x, y, n) = 0;
        accumulator(c, x, y, n) += cast<int32_t>(weight) * cast<int32_t>(seen);
        finish(accumulator);
    }

    void schedule() {
        set_shapes(lanes(), groups());
        schedules::conv2d_codes_wide(
            {outputs(), accumulator, codes, windows, c, ci, x, y, n, products, codes_row, element},
            {tile_pixels, tile_channels, out_extent(width), out_channels, group, groups(), true, has_offset},
            get_target());
    }

private:
    int lanes() {
        return group.value() * tile_channels.value();
    }
    int groups() {
        return (in_channels + group.value() - 1) / group.value();
    }
    bool shares_rows() {
        return group == 1 && has_few_channels();
    }
    Type weight_type() override {
        return Int(16);
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

HALIDE_REGISTER_GENERATOR(dsq::generators::Conv2dCodesWide, conv2d_codes_wide)
