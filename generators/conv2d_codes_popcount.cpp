// A convolution of codes of one or two bits by counting bits, eight input channels a byte. A bit stands for -1 or +1,
// and a sum of K products of these is K - 2 popcount(weights xor activations). Codes of two bits, -2 to 1, have two
// planes of bits: 2 code + 1 = 2 (upper) + (lower), so that a product is four of bits (compile/bit_planes.h). Weights
// come packed; the activations are packed here, once a pixel. How it runs: schedules/conv2d_codes_popcount.h.
#include "schedules/conv2d_codes_popcount.h"
#include "generators/low_bit_convolution.h"

#include <cstdint>
#include <limits>
#include <vector>

namespace dsq::generators {
namespace {

using namespace Halide;

class Conv2dCodesPopcount : public LowBitConvolution<Conv2dCodesPopcount> {
public:
    GeneratorParam<int> weight_planes{"weight_planes", 1};  // of bits: 1 or 2
    GeneratorParam<int> activation_planes{"activation_planes", 1};
    GeneratorParam<int> tile_pixels{"tile_pixels", 4};
    GeneratorParam<int> tile_channels{"tile_channels", 32};  // a multiple of 8

    void generate() {
        pack_codes();

        // Two bytes of a channel lie together and are counted into 16 bits together.
        pairs = RDom(0, 2, 0, steps(), 0, kernel, 0, kernel, "pairs");
        const Type count = UInt(most_differing() <= std::numeric_limits<std::uint16_t>::max() ? 16 : 32);
        differing(c, x, y, n) = cast(count, 0);
        differing(c, x, y, n) += cast(count, differing_bits());

        const Type sum = accumulator_type();
        accumulator(c, x, y, n) =
            has_planes() ? sum_of_planes() : cast(sum, products()) - 2 * cast(sum, differing(c, x, y, n));
        finish(accumulator);
    }

    void schedule() {
        set_shapes(2 * tile_channels, weight_planes * steps());
        schedules::conv2d_codes_popcount({outputs(),
                                          accumulator,
                                          differing,
                                          bits,
                                          windows,
                                          c,
                                          x,
                                          y,
                                          n,
                                          byte,
                                          plane,
                                          pairs,
                                          steps(),
                                          activation_planes,
                                          has_offset || weight_planes > 1},
                                         {tile_pixels, tile_channels, out_extent(width), out_channels},
                                         get_target());
    }

private:
    // Padding of 0 bits on both sides differs nowhere: only true products count.
    static constexpr int step_channels = 16;
    int steps() {
        return (in_channels + step_channels - 1) / step_channels;
    }
    int products() {
        return in_channels.value() * kernel.value() * kernel.value();
    }
    bool has_planes() {
        return weight_planes > 1 || activation_planes > 1;
    }
    bool has_start() override {
        return has_planes();
    }
    int most_differing() {
        return products() * ((1 << weight_planes) - 1) * ((1 << activation_planes) - 1);
    }
    Type accumulator_type() override {
        return Int(!has_planes() && products() <= std::numeric_limits<std::int16_t>::max() ? 16 : 32);
    }
    int tile_of_channels() override {
        return tile_channels;
    }

    // Of a byte of weights and one of activations, each pair of planes as much as it counts: at most 72.
    Expr differing_bits() {
        Expr sum = cast<uint8_t>(0);
        for (int power = weight_planes.value() + activation_planes.value() - 2; power >= 0; --power) {
            sum = sum + sum;
            for (int of_weight = 0; of_weight < weight_planes; ++of_weight) {
                const int of_code = power - of_weight;
                if (of_code < 0 || of_code >= activation_planes) continue;
                const Expr weight = cast<uint8_t>(weights((2 * c + pairs.x) % (2 * tile_channels),
                                                          weight_planes * pairs.y + of_weight,
                                                          pairs.z,
                                                          pairs.w,
                                                          c / tile_channels));
                sum += popcount(weight ^ seen_bits(of_code));
            }
        }
        return sum;
    }
    Expr seen_bits(int of_code) {
        return bits(pairs.x, of_code, pairs.y, x * stride + pairs.z - padding(), y * stride + pairs.w - padding(), n);
    }
    // Half of what `start` begins with, less what differs, and less the window's codes if those of the weights lie
    // around -1/2.
    Expr sum_of_planes() {
        const Expr counted = cast<int32_t>(differing(c, x, y, n));
        if (weight_planes == 1) return ((*start)(c)-2 * counted) >> 1;
        return ((*start)(c) - (activation_planes == 1 ? 2 * counted : counted) - window_sum()) >> 1;
    }

    // A bit says that the code is at least 0, or odd: that bit of eight codes, moved to the highest byte by a product.
    void pack_codes() {
        const int lowest = activation_planes == 1 ? -1 : -2;  // has no bits
        std::vector<Expr> codes;
        for (int bit = 0; bit < 8; ++bit) {
            const Expr channel = step * int{step_channels} + byte * 8 + bit;
            if (in_channels % step_channels == 0) {
                codes.push_back(input(channel, x, y, n));
            } else {
                codes.push_back(
                    select(channel < in_channels, input(min(channel, in_channels - 1), x, y, n), cast<int8_t>(lowest)));
            }
        }
        const Expr eight = reinterpret<uint64_t>(concat_bits(codes));
        const Expr upper = ~eight >> 7, chosen = activation_planes == 1 ? upper : select(plane == 1, upper, eight);
        const Expr ones = chosen & Expr(std::uint64_t{0x0101010101010101});
        bits(byte, plane, step, x, y, n) = cast<uint8_t>((ones * Expr(std::uint64_t{0x0102040810204080})) >> 56);
    }

    Var byte{"byte"}, plane{"plane"}, step{"step"};
    RDom pairs;
    Func bits{"bits"}, differing{"differing"}, accumulator{"accumulator"};
};

}  // namespace
}  // namespace dsq::generators

HALIDE_REGISTER_GENERATOR(dsq::generators::Conv2dCodesPopcount, conv2d_codes_popcount)
