#include <gtest/gtest.h>

#include "dsq_test_quantize_reals_1.h"
#include "dsq_test_quantize_reals_2.h"
#include "dsq_test_quantize_reals_64_channels.h"
#include "dsq_test_quantize_reals_8.h"
#include "tests/support/deployed_tensor.h"
#include "tests/support/instruction_sets.h"
#include "tests/support/integer_graphs.h"

namespace dsq::tests {
namespace {

class QuantizeReals : public OnEveryInstructionSet {};
DSQ_ON_EVERY_INSTRUCTION_SET(QuantizeReals);

struct Grid {
    CodeGrid codes;
    decltype(dsq_test_quantize_reals_1) *kernel;
    int channels = 0;  // 0: any number
};

const Grid grids[] = {{{.levels = 1, .lowest = -1, .distance = 2}, dsq_test_quantize_reals_1},
                      {{.levels = 3, .lowest = -2}, dsq_test_quantize_reals_2},
                      {{.levels = 3, .lowest = -2}, dsq_test_quantize_reals_64_channels, 64},
                      {{.levels = 255, .lowest = -128}, dsq_test_quantize_reals_8}};

// Reals around the grid, on its ties and next to them, and any bits.
std::vector<float> reals_for(const CodeGrid &grid, std::size_t count, Random &random) {
    std::vector<float> reals = any_floats(random, static_cast<int>(count));
    reals.resize(count);
    for (std::size_t i = 0; i < count; i += 2) {
        const float tie = static_cast<float>(integer(random, -1, grid.levels)) + 0.5F;
        reals[i] = grid.lower + grid.step * (i % 4 == 0 ? tie : uniform(random, -1.0F, 1.0F + tie));
    }
    return reals;
}

TEST_P(QuantizeReals, EqualTheInterpretersCodes) {
    Random random(1);
    for (Grid grid : grids) {
        for (Shape shape : {Shape{16, 8, 8}, Shape{33, 5, 3}, Shape{1, 7, 2}, Shape{130, 2, 2}}) {
            if (grid.channels > 0) shape.channels = grid.channels;
            grid.codes.lower = uniform(random, -3.0F, 3.0F);
            grid.codes.step = uniform(random, 0.01F, 2.0F);
            grid.codes.inverse_step = static_cast<float>(1.0 / double{grid.codes.step});
            DeployedTensor<float> reals(shape, 1, 0.0F);
            DeployedTensor<std::int8_t> written(shape, 2, 99);
            for (int n = 0; n < 2; ++n) reals.set_image(n, reals_for(grid.codes, element_count(shape), random));
            TensorBuffer<float> in = reals.buffer();
            TensorBuffer<std::int8_t> out = written.buffer();
            ASSERT_EQ(grid.kernel(in, grid.codes.lower, grid.codes.step, grid.codes.inverse_step, out), 0);
            for (int n = 0; n < 2; ++n) {
                const auto expected = evaluated({tests::reals("reals", shape), codes("codes", shape, {-128, 127}, 0)},
                                                {.reals = reals.image(n)},
                                                QuantizeNode{0, 1, grid.codes});
                EXPECT_EQ(written.image(n), expected[1].codes) << grid.codes.levels << " levels";
            }
            EXPECT_TRUE(written.border_is_untouched());
        }
    }
}

}  // namespace
}  // namespace dsq::tests
