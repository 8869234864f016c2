// A convolution of codes that adds up in 8 bits: a run of products in an int8, runs in 16 bits, and these in 32 where
// 16 do not hold them all. Source: Gong et al., ICCV 2019, section 3.5 (runs of 31, 7 and 1 products for 2, 3 and 4
// bits); the longest runs that the weights allow: compile/run_length.h. How it runs: schedules/conv2d_codes_mla.h.
#include "schedules/conv2d_codes_mla.h"
#include "generators/low_bit_convolution.h"

#include <algorithm>

namespace dsq::generators {
namespace {

using namespace Halide;

class Conv2dCodesMla : public LowBitConvolution<Conv2dCodesMla> {
public:
    // Products of a run, along the input channels: no sum of a run may leave 8 bits. What is left of the channels is a
    // run too.
    GeneratorParam<int> run{"run", 16};
    // Input channels whose runs are added in 16 bits before these go into 32; they divide all. 0: 16 bits hold every
    // accumulator.
    GeneratorParam<int> spill_channels{"spill_channels", 0};
    GeneratorParam<int> tile_pixels{"tile_pixels", 2};
    GeneratorParam<int> tile_channels{"tile_channels", 64};  // a multiple of 16

    void generate() {
        const int part_channels = spill_channels > 0 ? spill_channels.value() : in_channels.value();
        const int length = std::min(run.value(), part_channels), count = part_channels / length;
        in_run = RDom(0, length, "in_run");
        in_rest = RDom(0, std::max(part_channels % length, 1), "in_rest");
        has_rest = part_channels % length != 0;
        add_products(partial, {part, step, kx, ky}, part * part_channels + step * length + in_run);
        add_products(rest, {part, kx, ky}, part * part_channels + count * length + in_rest);

        if (spill_channels == 0) {
            runs = RDom(0, count, 0, kernel, 0, kernel, "runs");
            taps = RDom(0, kernel, 0, kernel, "taps");
            accumulator(c, x, y, n) = cast<int16_t>(0);
            accumulator(c, x, y, n) += cast<int16_t>(partial(c, x, y, n, 0, runs.x, runs.y, runs.z));
            if (has_rest) accumulator(c, x, y, n) += cast<int16_t>(rest(c, x, y, n, 0, taps.x, taps.y));
        } else {
            runs = RDom(0, count, "runs");
            spill(c, x, y, n, part, kx, ky) = cast<int16_t>(0);
            spill(c, x, y, n, part, kx, ky) += cast<int16_t>(partial(c, x, y, n, part, runs, kx, ky));
            taps = RDom(0, 1, 0, 1, "taps");  // a loop for the schedule
            if (has_rest) {
                spill(c, x, y, n, part, kx, ky) += cast<int16_t>(rest(c, x, y, n, part, kx + taps.x, ky + taps.y));
            }
            spills = RDom(0, in_channels / part_channels, 0, kernel, 0, kernel, "spills");
            accumulator(c, x, y, n) = 0;
            accumulator(c, x, y, n) += cast<int32_t>(spill(c, x, y, n, spills.x, spills.y, spills.z));
        }
        finish(accumulator);
    }

    void schedule() {
        set_shapes(tile_channels, in_channels);
        schedules::conv2d_codes_mla({outputs(),
                                     accumulator,
                                     spill,
                                     partial,
                                     rest,
                                     channel_sum,
                                     window,
                                     c,
                                     x,
                                     y,
                                     n,
                                     in_run,
                                     in_rest,
                                     runs,
                                     taps,
                                     spills,
                                     spill_channels > 0,
                                     has_rest,
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

    // Defines a sum of products in 8 bits over these input channels of tap (kx, ky).
    void add_products(Func sum, const std::vector<Var> &of, const Expr &channel) {
        std::vector<Var> at{c, x, y, n};
        at.insert(at.end(), of.begin(), of.end());
        sum(at) = cast<int8_t>(0);
        sum(at) += weights(c % tile_channels, channel, kx, ky, c / tile_channels) * code(channel, kx, ky);
    }

    Var step{"step"}, part{"part"}, kx{"kx"}, ky{"ky"};
    RDom in_run, in_rest, runs, taps, spills;
    bool has_rest = false;
    Func partial{"partial"}, rest{"rest"}, spill{"spill"}, accumulator{"accumulator"};
};

}  // namespace
}  // namespace dsq::generators

HALIDE_REGISTER_GENERATOR(dsq::generators::Conv2dCodesMla, conv2d_codes_mla)
