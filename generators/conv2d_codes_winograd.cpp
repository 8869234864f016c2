// A 3x3 convolution of codes with stride 1 by Winograd's F(2x2, 3x3), exactly: 16 products instead of 36 for 2x2
// tile_outputs (compile/winograd_transform.h). Products are added in 8 bits, runs of them in 16; or in 16, runs in 32
// where 16 do not hold all. Both operands stay in 8 bits for codes of up to 4. How it runs:
// schedules/conv2d_codes_winograd.h.
#include "schedules/conv2d_codes_winograd.h"
#include "generators/low_bit_convolution.h"

#include <sstream>

namespace dsq::generators {
namespace {

using namespace Halide;
using Exprs = std::vector<Expr>;

constexpr int extent = 4, positions = 16, tile_outputs = 2;

enum class Product {
    mla,    // an int8; its runs are added in 16 bits
    smlal,  // an int16; its runs are added in 32 bits where the sums are wide
};

// One direction of the transforms.
Exprs input_transform(const Exprs &d) {
    return {d[0] - d[2], d[1] + d[2], d[2] - d[1], d[1] - d[3]};
}
Exprs output_transform(const Exprs &m) {
    return {m[0] + halving_add(m[1], m[2]), halving_sub(m[1], m[2]) - m[3]};
}

// Columns first, then rows, of a tile in the order of its rows.
template <typename Transform>
Exprs both_directions(Transform transform, const Exprs &tile) {
    std::vector<Exprs> columns;
    for (std::size_t x = 0; x < extent; ++x) {
        columns.push_back(transform(Exprs{tile[x], tile[extent + x], tile[2 * extent + x], tile[3 * extent + x]}));
    }
    Exprs result;
    for (std::size_t y = 0; y < columns[0].size(); ++y) {
        const Exprs row = transform(Exprs{columns[0][y], columns[1][y], columns[2][y], columns[3][y]});
        result.insert(result.end(), row.begin(), row.end());
    }
    return result;
}

class Conv2dCodesWinograd : public LowBitConvolution<Conv2dCodesWinograd> {
public:
    GeneratorParam<Product> product{"product", Product::mla, {{"mla", Product::mla}, {"smlal", Product::smlal}}};
    // Products of a run, along the input channels, which it divides: one for all 16 positions, or one for each,
    // "8,4,0,...", row by row. No sum of a run may leave the type of the products (compile/run_length.h). 0, of mla:
    // the products at this position are added in 16 bits.
    GeneratorParam<std::string> runs{"runs", "1"};
    // Neighbouring input channels, each of which has a sum of its own: 1 or 2. SADALP adds those of two in one
    // instruction. Runs then are along the groups, which divide the channels.
    GeneratorParam<int> group{"group", 1};
    // Sums in 32 bits. Else 16 hold every one that must not wrap (winograd_fits).
    GeneratorParam<bool> wide{"wide", false};
    GeneratorParam<int> tile_pixels{"tile_pixels", 2};       // tiles of 2x2 outputs whose sums are in registers
    GeneratorParam<int> tile_channels{"tile_channels", 64};  // a multiple of 16
    // About as many tiles of 2x2 outputs go through all positions before the next ones do.
    GeneratorParam<int> group_tiles{"group_tiles", 56};

    void generate() {
        _halide_user_assert(kernel == 3 && stride == 1) << "expected kernel=3 and stride=1";
        stages.run_lengths = run_lengths();
        transform_input();
        Exprs sums;
        for (int position = 0; position < positions; ++position) {
            add_products(position);
            sums.push_back(stages.sums.back()(c, t, n));
        }
        stages.result(c, t, n) = Tuple(both_directions(output_transform, sums));

        const Expr tile = y / tile_outputs * tiles_of(width) + x / tile_outputs;
        Exprs members;
        for (int index = 0; index < tile_outputs * tile_outputs; ++index) {
            members.push_back(stages.result(c, tile, n)[index]);
        }
        Func accumulator{"accumulator"};
        accumulator(c, x, y, n) = mux(y % tile_outputs * tile_outputs + x % tile_outputs, members);
        finish(accumulator);
    }

    void schedule() {
        const int members = group;
        set_shapes(members * tile_channels, in_channels / members, extent, extent);
        stages.outputs = outputs();
        stages.windows = windows;
        schedules::conv2d_codes_winograd(stages,
                                         {tile_pixels,
                                          tile_channels,
                                          members,
                                          group_tiles,
                                          tiles_of(width),
                                          tiles_of(height),
                                          in_channels,
                                          out_channels,
                                          has_offset});
    }

private:
    Type accumulator_type() override {
        return Int(wide ? 32 : 16);
    }
    int tile_of_channels() override {
        return tile_channels;
    }
    int tiles_of(int pixels) {
        return (out_extent(pixels) + tile_outputs - 1) / tile_outputs;
    }

    std::vector<int> run_lengths() {
        std::vector<int> lengths;
        std::istringstream text(runs.value());
        for (std::string length; std::getline(text, length, ',');) lengths.push_back(std::stoi(length));
        if (lengths.size() == 1) lengths.resize(positions, lengths[0]);
        _halide_user_assert(lengths.size() == positions) << "runs: expected 1 or 16 of them, found " << runs.value();
        for (const int length : lengths) {
            const bool is_divisor = length > 0 && in_channels % (length * group) == 0;
            _halide_user_assert(is_divisor || (length == 0 && product == Product::mla))
                << "runs: expected divisors of " << in_channels.value() / group.value() << ", found " << runs.value();
        }
        return lengths;
    }

    // Tiles follow each other row by row. Those at odd edges, and those that fill up the last group, read the border
    // again.
    void transform_input() {
        Exprs patch;
        for (int row = 0; row < extent; ++row) {
            for (int column = 0; column < extent; ++column) {
                const Expr at_x = clamp(t % tiles_of(width) * tile_outputs + column - 1, -1, width.value());
                const Expr at_y = clamp(t / tiles_of(width) * tile_outputs + row - 1, -1, height.value());
                patch.push_back(input(c, at_x, at_y, n));
            }
        }
        stages.transformed(c, t, n) = Tuple(both_directions(input_transform, patch));
    }

    // Defines the sum at a position, over runs.
    void add_products(int position) {
        const auto at = static_cast<std::size_t>(position);
        const bool is_narrow = product == Product::mla && stages.run_lengths[at] > 0;
        int &length = stages.run_lengths[at];
        if (length == 0) length = in_channels.value() / group.value();
        const std::string name = std::to_string(position);
        const Type narrow = Int(is_narrow ? 8 : 16);
        Func partial("partial_" + name), sum("sum_" + name);
        const int members = group, groups = in_channels.value() / group.value();
        RDom run(0, length, "run_" + name), steps(0, members, 0, groups / length, "steps_" + name);
        const Expr of_group = step * length + run, lane = (members * c + member) % (members * tile_channels);
        const Expr weight = weights(lane, of_group, position % extent, position / extent, c / tile_channels);
        Func code("code_" + name);
        code(c, t, n) = stages.transformed(c, t, n)[position];
        partial(member, c, t, n, step) = cast(narrow, 0);
        partial(member, c, t, n, step) += cast(narrow, weight) * cast(narrow, code(members * of_group + member, t, n));
        sum(c, t, n) = cast(accumulator_type(), 0);
        sum(c, t, n) += cast(accumulator_type(), partial(steps.x, c, t, n, steps.y));
        stages.codes.push_back(code);
        stages.partials.push_back(partial);
        stages.sums.push_back(sum);
        stages.runs.push_back(run);
        stages.steps.push_back(steps);
    }

    Var t{"t"}, step{"step"}, member{"member"};
    schedules::Conv2dCodesWinogradStages stages{.c = c, .t = t, .x = x, .y = y, .n = n, .member = member};
};

}  // namespace
}  // namespace dsq::generators

HALIDE_REGISTER_GENERATOR(dsq::generators::Conv2dCodesWinograd, conv2d_codes_winograd)
