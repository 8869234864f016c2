// A convolution of codes by weights of 16 bits, added up in 32: for a first layer that was trained in float32, whose
// weights 8 bits would round too coarsely. How it runs: schedules/conv2d_codes_wide.h.
#include "schedules/conv2d_codes_wide.h"
#include "generators/low_bit_convolution.h"

namespace dsq::generators {
namespace {

using namespace Halide;

class Conv2dCodesWide : public LowBitConvolution<Conv2dCodesWide> {
public:
    GeneratorParam<int> tile_pixels{"tile_pixels", 4};
    GeneratorParam<int> tile_channels{"tile_channels", 16};  // a multiple of 8

    void generate() {
        products = RDom(0, in_channels, 0, kernel, 0, kernel, "products");
        const Expr weight = weights(c % tile_channels, products.x, products.y, products.z, c / tile_channels);
        accumulator(c, x, y, n) = 0;
        accumulator(c, x, y, n) += cast<int32_t>(weight) * cast<int32_t>(code(products.x, products.y, products.z));
        finish(accumulator);
    }

    void schedule() {
        set_shapes(tile_channels, in_channels);
        schedules::conv2d_codes_wide({outputs(), accumulator, channel_sum, window, c, x, y, n, products, has_offset},
                                     {tile_pixels, tile_channels, out_extent(width), out_channels});
    }

private:
    Type weight_type() override {
        return Int(16);
    }
    Type accumulator_type() override {
        return Int(32);
    }
    int tile_of_channels() override {
        return tile_channels;
    }

    RDom products;
    Func accumulator{"accumulator"};
};

}  // namespace
}  // namespace dsq::generators

HALIDE_REGISTER_GENERATOR(dsq::generators::Conv2dCodesWide, conv2d_codes_wide)
