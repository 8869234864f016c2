// A convolution of the values -1 and +1: bits take their place, eight input channels a byte, and a sum of K products is
// K - 2 popcount(weights xor activations). Weights come packed to bits; the activations are packed here, once a pixel.
// How it runs: schedules/conv2d_codes_popcount.h.
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
    GeneratorParam<int> tile_pixels{"tile_pixels", 4};
    GeneratorParam<int> tile_channels{"tile_channels", 32};  // a multiple of 8

    void generate() {
        pack_codes();

        // Two bytes of a channel lie together and are counted into 16 bits together.
        pairs = RDom(0, 2, 0, steps(), 0, kernel, 0, kernel, "pairs");
        const Expr weight = cast<uint8_t>(
            weights((2 * c + pairs.x) % (2 * tile_channels), pairs.y, pairs.z, pairs.w, c / tile_channels));
        const Expr seen = bits(pairs.x, pairs.y, x * stride + pairs.z - padding(), y * stride + pairs.w - padding(), n);
        const Type count = UInt(products() <= std::numeric_limits<std::uint16_t>::max() ? 16 : 32);
        differing(c, x, y, n) = cast(count, 0);
        differing(c, x, y, n) += cast(count, popcount(weight ^ seen));

        const Type sum = accumulator_type();
        accumulator(c, x, y, n) = cast(sum, products()) - 2 * cast(sum, differing(c, x, y, n));
        finish(accumulator);
    }

    void schedule() {
        set_shapes(2 * tile_channels, steps());
        schedules::conv2d_codes_popcount(
            {outputs(), accumulator, differing, bits, windows, c, x, y, n, byte, step, pairs, steps(), has_offset},
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
    Type accumulator_type() override {
        return Int(products() <= std::numeric_limits<std::int16_t>::max() ? 16 : 32);
    }
    int tile_of_channels() override {
        return tile_channels;
    }

    // A bit says that the code is negative: the sign bits of eight codes, moved to the highest byte by a product.
    void pack_codes() {
        std::vector<Expr> codes;
        for (int bit = 0; bit < 8; ++bit) {
            const Expr channel = step * int{step_channels} + byte * 8 + bit;
            if (in_channels % step_channels == 0) {
                codes.push_back(input(channel, x, y, n));
            } else {
                codes.push_back(
                    select(channel < in_channels, input(min(channel, in_channels - 1), x, y, n), cast<int8_t>(0)));
            }
        }
        const Expr signs = (reinterpret<uint64_t>(concat_bits(codes)) >> 7) & Expr(std::uint64_t{0x0101010101010101});
        bits(byte, step, x, y, n) = cast<uint8_t>((signs * Expr(std::uint64_t{0x0102040810204080})) >> 56);
    }

    Var byte{"byte"}, step{"step"};
    RDom pairs;
    Func bits{"bits"}, differing{"differing"}, accumulator{"accumulator"};
};

}  // namespace
}  // namespace dsq::generators

HALIDE_REGISTER_GENERATOR(dsq::generators::Conv2dCodesPopcount, conv2d_codes_popcount)
