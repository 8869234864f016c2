// A convolution of codes that adds up products of 16 bits: all in 16 bits where these hold every accumulator, else some
// input channels of a tap, and these in 32 bits. For any codes up to 8 bits, and for cores that multiply bytes no
// faster. A group of two input channels has a sum for each, so that one instruction (SADALP) adds both in 32 bits. How
// it runs: schedules/conv2d_codes_smlal.h.
#include "schedules/conv2d_codes_smlal.h"
#include "generators/low_bit_convolution.h"

namespace dsq::generators {
namespace {

using namespace Halide;

class Conv2dCodesSmlal : public LowBitConvolution<Conv2dCodesSmlal> {
public:
    // Neighbouring input channels, each of which has a 16-bit sum of its own: 1, or 2 where these go into 32 bits.
    // Groups divide the channels of a tap.
    GeneratorParam<int> group{"group", 1};
    // Input channels of a tap whose products are added in 16 bits before these go into 32 (compile/run_length.h); they
    // divide all. 0: 16 bits hold every accumulator.
    GeneratorParam<int> spill_channels{"spill_channels", 0};
    GeneratorParam<int> tile_pixels{"tile_pixels", 4};
    GeneratorParam<int> tile_channels{"tile_channels", 32};  // a multiple of 16

    void generate() {
        if (spill_channels == 0) {
            channels = RDom(0, tap_channels(), 0, taps_in_row(), 0, kernel, "channels");
            accumulator(c, x, y, n) = cast<int16_t>(0);
            accumulator(c, x, y, n) += product(0, channels.x, channels.y, channels.z);
        } else {
            const int groups = spill_channels / group.value();
            channels = RDom(0, groups, "channels");
            spill(member, c, x, y, n, part, kx, ky) = cast<int16_t>(0);
            spill(member, c, x, y, n, part, kx, ky) += product(member, part * groups + channels, kx, ky);
            spills = RDom(0, group, 0, tap_channels() / spill_channels, 0, taps_in_row(), 0, kernel, "spills");
            accumulator(c, x, y, n) = 0;
            accumulator(c, x, y, n) += cast<int32_t>(spill(spills.x, c, x, y, n, spills.y, spills.z, spills.w));
        }
        finish(accumulator);
    }

    void schedule() {
        set_shapes(group.value() * tile_channels.value(), tap_channels() / group);
        const int spilled = spill_channels > 0 ? spill_channels.value() : tap_channels();
        schedules::conv2d_codes_smlal({outputs(),
                                       accumulator,
                                       spill,
                                       seen_codes,
                                       windows,
                                       c,
                                       x,
                                       y,
                                       n,
                                       member,
                                       channels,
                                       spills,
                                       spilled / group,
                                       spill_channels > 0,
                                       has_offset},
                                      {tile_pixels, tile_channels, out_extent(width), out_channels},
                                      group);
    }

private:
    Type accumulator_type() override {
        return Int(spill_channels > 0 ? 32 : 16);
    }
    int tile_of_channels() override {
        return tile_channels;
    }
    // Of a member of this group of input channels.
    Expr product(const Expr &of_group, const Expr &groups, const Expr &tap_x, const Expr &tap_y) {
        const int members = group;
        const Expr lane = (members * c + of_group) % (members * tile_channels);
        return cast<int16_t>(weights(lane, groups, tap_x, tap_y, c / tile_channels)) *
               cast<int16_t>(code(members * groups + of_group, tap_x, tap_y));
    }

    Var member{"member"}, part{"part"}, kx{"kx"}, ky{"ky"};
    RDom channels, spills;
    Func spill{"spill"}, accumulator{"accumulator"};
};

}  // namespace
}  // namespace dsq::generators

HALIDE_REGISTER_GENERATOR(dsq::generators::Conv2dCodesSmlal, conv2d_codes_smlal)
