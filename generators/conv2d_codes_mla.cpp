// A convolution of codes that adds up in 8 bits: a run of products in an int8, runs in 16 bits, and these in 32 where
// 16 do not hold them all. Source: Gong et al., ICCV 2019, section 3.5 (runs of 31, 7 and 1 products for 2, 3 and 4
// bits); the longest runs that the weights allow: compile/run_length.h. A group of two input channels has a sum for
// each, so that one instruction (SADALP) adds both in 16 bits. How it runs: schedules/conv2d_codes_mla.h.
#include "schedules/conv2d_codes_mla.h"
#include "generators/low_bit_convolution.h"

#include <algorithm>

namespace dsq::generators {
namespace {

using namespace Halide;

class Conv2dCodesMla : public LowBitConvolution<Conv2dCodesMla> {
public:
    // Neighbouring input channels, each of which has an 8-bit sum of its own: 1 or 2. Groups divide the channels.
    GeneratorParam<int> group{"group", 1};
    // Products of a run, along the groups: no sum of a run may leave 8 bits. What is left of the groups is a run too.
    GeneratorParam<int> run{"run", 16};
    // Input channels whose runs are added in 16 bits before these go into 32; they divide all. 0: 16 bits hold every
    // accumulator.
    GeneratorParam<int> spill_channels{"spill_channels", 0};
    GeneratorParam<int> tile_pixels{"tile_pixels", 2};
    GeneratorParam<int> tile_channels{"tile_channels", 64};  // a multiple of 16

    void generate() {
        const int part_channels = spill_channels > 0 ? spill_channels.value() : in_channels.value();
        const int groups = part_channels / group, length = std::min(run.value(), groups), count = groups / length;
        in_run = RDom(0, length, "in_run");
        in_rest = RDom(0, std::max(groups % length, 1), "in_rest");
        has_rest = groups % length != 0;
        run_length = length;
        rest_length = groups % length;
        add_products(partial, {part, step, kx, ky}, part * groups + step * length + in_run);
        add_products(rest, {part, kx, ky}, part * groups + count * length + in_rest);

        if (spill_channels == 0) {
            runs = RDom(0, group, 0, count, 0, kernel, 0, kernel, "runs");
            taps = RDom(0, group, 0, kernel, 0, kernel, "taps");
            accumulator(c, x, y, n) = cast<int16_t>(0);
            accumulator(c, x, y, n) += cast<int16_t>(partial(runs.x, c, x, y, n, 0, runs.y, runs.z, runs.w));
            if (has_rest) accumulator(c, x, y, n) += cast<int16_t>(rest(taps.x, c, x, y, n, 0, taps.y, taps.z));
        } else {
            runs = RDom(0, group, 0, count, "runs");
            spill(c, x, y, n, part, kx, ky) = cast<int16_t>(0);
            spill(c, x, y, n, part, kx, ky) += cast<int16_t>(partial(runs.x, c, x, y, n, part, runs.y, kx, ky));
            taps = RDom(0, group, 0, 1, 0, 1, "taps");  // a loop for the schedule
            if (has_rest) {
                spill(c, x, y, n, part, kx, ky) +=
                    cast<int16_t>(rest(taps.x, c, x, y, n, part, kx + taps.y, ky + taps.z));
            }
            spills = RDom(0, in_channels / part_channels, 0, kernel, 0, kernel, "spills");
            accumulator(c, x, y, n) = 0;
            accumulator(c, x, y, n) += cast<int32_t>(spill(c, x, y, n, spills.x, spills.y, spills.z));
        }
        finish(accumulator);
    }

    void schedule() {
        const int members = group;
        set_shapes(members * tile_channels, in_channels / members);
        schedules::conv2d_codes_mla({outputs(),  accumulator, spill,      partial,     rest,
                                     seen_codes, windows,     c,          x,           y,
                                     n,          member,      in_run,     in_rest,     runs,
                                     taps,       spills,      run_length, rest_length, spill_channels > 0,
                                     has_rest,   has_offset},
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

    // Defines a sum of products in 8 bits over a member of these groups of input channels, at tap (kx, ky).
    void add_products(Func sum, const std::vector<Var> &of, const Expr &groups) {
        std::vector<Var> at{member, c, x, y, n};
        at.insert(at.end(), of.begin(), of.end());
        const int members = group;
        const Expr lane = (members * c + member) % (members * tile_channels);
        sum(at) = cast<int8_t>(0);
        sum(at) += weights(lane, groups, kx, ky, c / tile_channels) * code(members * groups + member, kx, ky);
    }

    Var member{"member"}, step{"step"}, part{"part"}, kx{"kx"}, ky{"ky"};
    RDom in_run, in_rest, runs, taps, spills;
    int run_length = 0, rest_length = 0;
    bool has_rest = false;
    Func partial{"partial"}, rest{"rest"}, spill{"spill"}, accumulator{"accumulator"};
};

}  // namespace
}  // namespace dsq::generators

HALIDE_REGISTER_GENERATOR(dsq::generators::Conv2dCodesMla, conv2d_codes_mla)
