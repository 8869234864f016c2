// A convolution of codes of each channel by itself. Sums have 16 bits where these hold them (3x3 windows: weights and
// activations of 13 bits together), else 32. How it runs: schedules/depthwise_conv2d_codes.h.
#include "schedules/depthwise_conv2d_codes.h"
#include "generators/low_bit_convolution.h"

namespace dsq::generators {
namespace {

using namespace Halide;

// Weights are packed as one tile: (channel, 0, kx, ky, 0).
class DepthwiseConv2dCodes : public LowBitConvolution<DepthwiseConv2dCodes> {
public:
    GeneratorParam<int> sum_bits{"sum_bits", 16};
    GeneratorParam<int> tile_pixels{"tile_pixels", 4};

    void generate() {
        Expr sum = cast(accumulator_type(), 0);
        for (int ky = 0; ky < kernel; ++ky) {
            for (int kx = 0; kx < kernel; ++kx) {
                const Expr product = cast<int16_t>(weights(c, 0, kx, ky, 0)) * cast<int16_t>(code(c, kx, ky));
                sum += cast(accumulator_type(), product);
            }
        }
        accumulator(c, x, y, n) = sum;
        finish(accumulator);
    }

    void schedule() {
        set_shapes(out_channels, 1);
        schedules::depthwise_conv2d_codes({outputs(), accumulator, weights, c, x, y, n},
                                          {tile_pixels, out_extent(width), out_channels},
                                          get_target());
    }

private:
    Type accumulator_type() override {
        return Int(sum_bits);
    }
    int tile_of_channels() override {
        return out_channels;
    }
    Expr window_sum() override {
        Expr sum = 0;
        for (int ky = 0; ky < kernel; ++ky) {
            for (int kx = 0; kx < kernel; ++kx) sum += cast<int32_t>(code(c, kx, ky));
        }
        return sum;
    }

    Func accumulator{"accumulator"};
};

}  // namespace
}  // namespace dsq::generators

HALIDE_REGISTER_GENERATOR(dsq::generators::DepthwiseConv2dCodes, depthwise_conv2d_codes)
