// A convolution of codes that adds up products of 16 bits: all in 16 bits where these hold every accumulator, else some
// input channels of a tap, and these in 32 bits. For any codes up to 8 bits, and for cores that multiply bytes no
// faster. How it runs: schedules/conv2d_codes_smlal.h.
#include "schedules/conv2d_codes_smlal.h"
#include "generators/low_bit_convolution.h"

namespace dsq::generators {
namespace {

using namespace Halide;

class Conv2dCodesSmlal : public LowBitConvolution<Conv2dCodesSmlal> {
public:
    // Input channels whose products are added in 16 bits before these go into 32 (compile/run_length.h); they divide
    // all. 0: 16 bits hold every accumulator.
    GeneratorParam<int> spill_channels{"spill_channels", 0};
    GeneratorParam<int> tile_pixels{"tile_pixels", 4};
    GeneratorParam<int> tile_channels{"tile_channels", 32};  // a multiple of 16

    void generate() {
        if (spill_channels == 0) {
            channels = RDom(0, in_channels, 0, kernel, 0, kernel, "channels");
            accumulator(c, x, y, n) = cast<int16_t>(0);
            accumulator(c, x, y, n) += product(channels.x, channels.y, channels.z);
        } else {
            const int length = spill_channels;
            channels = RDom(0, length, "channels");
            spill(c, x, y, n, part, kx, ky) = cast<int16_t>(0);
            spill(c, x, y, n, part, kx, ky) += product(part * length + channels, kx, ky);
            spills = RDom(0, in_channels.value() / length, 0, kernel, 0, kernel, "spills");
            accumulator(c, x, y, n) = 0;
            accumulator(c, x, y, n) += cast<int32_t>(spill(c, x, y, n, spills.x, spills.y, spills.z));
        }
        finish(accumulator);
    }

    void schedule() {
        set_shapes(tile_channels, in_channels);
        const int spilled = spill_channels > 0 ? spill_channels.value() : in_channels.value();
        schedules::conv2d_codes_smlal({outputs(),
                                       accumulator,
                                       spill,
                                       seen_codes,
                                       channel_sum,
                                       window,
                                       c,
                                       x,
                                       y,
                                       n,
                                       channels,
                                       spills,
                                       spilled,
                                       spill_channels > 0,
                                       has_offset},
                                      {tile_pixels, tile_channels, out_extent(width), out_channels});
    }

private:
    Type accumulator_type() override {
        return Int(spill_channels > 0 ? 32 : 16);
    }
    int tile_of_channels() override {
        return tile_channels;
    }
    Expr product(const Expr &channel, const Expr &tap_x, const Expr &tap_y) {
        return cast<int16_t>(weights(c % tile_channels, channel, tap_x, tap_y, c / tile_channels)) *
               cast<int16_t>(code(channel, tap_x, tap_y));
    }

    Var part{"part"}, kx{"kx"}, ky{"ky"};
    RDom channels, spills;
    Func spill{"spill"}, accumulator{"accumulator"};
};

}  // namespace
}  // namespace dsq::generators

HALIDE_REGISTER_GENERATOR(dsq::generators::Conv2dCodesSmlal, conv2d_codes_smlal)
