// Kernels of training that deployed networks run too, as these have them: without threads, and codes for reals.
#include <gtest/gtest.h>

#include <limits>

#include "dsq_test_fill_border.h"
#include "dsq_test_global_average_pool.h"
#include "dsq_test_max_pool_flips_float32.h"
#include "dsq_test_max_pool_flips_int32.h"
#include "dsq_test_max_pool_flips_int8.h"
#include "dsq_test_max_pool_float32.h"
#include "dsq_test_max_pool_int32.h"
#include "dsq_test_max_pool_int8.h"
#include "dsq_test_shortcut.h"
#include "tests/support/deployed_tensor.h"
#include "tests/support/expectations.h"
#include "tests/support/instruction_sets.h"
#include "tests/support/integer_graphs.h"

namespace dsq::tests {
namespace {

class DeployedKernels : public OnEveryInstructionSet {};
DSQ_ON_EVERY_INSTRUCTION_SET(DeployedKernels);

struct Pool {
    Shape in;
    int kernel, stride, padding;

    Shape out() const {
        return {in.channels,
                (in.width + 2 * padding - kernel) / stride + 1,
                (in.height + 2 * padding - kernel) / stride + 1};
    }
    MaxPoolNode node(std::vector<std::int32_t> flips) const {
        return {0, 1, kernel, stride, padding, std::move(flips)};
    }
};

const Pool pools[] = {{{16, 8, 8}, 2, 2, 0},
                      {{64, 14, 14}, 3, 2, 1},
                      {{17, 7, 8}, 3, 2, 1},
                      {{130, 4, 3}, 3, 1, 1},
                      {{5, 4, 3}, 5, 2, 4},
                      {{1, 3, 5}, 3, 2, 0}};

// By one kernel for channels that are all the same way round, by the other for those with flips.
template <typename Element, typename Values, typename Plain, typename Flipping>
void expect_pooled(const Pool &pool,
                   const std::vector<IntegerTensor> &tensors,
                   Random &random,
                   auto random_image,
                   Values values,
                   Plain plain,
                   Flipping flipping) {
    for (const bool has_flips : {false, true}) {
        DeployedTensor<Element> input(pool.in, 1, 77), output(pool.out(), 1, 99);
        for (int n = 0; n < 2; ++n) input.set_image(n, random_image(element_count(pool.in)));
        std::vector<std::int32_t> flips;
        for (int c = 0; has_flips && c < pool.in.channels; ++c) flips.push_back(integer(random, -1, 0));
        GuardedTensor<std::int32_t> guarded(flips);
        Halide::Runtime::Buffer<std::int32_t, 1> of_channels(guarded.span().data(), pool.in.channels);
        TensorBuffer<Element> in = input.buffer(), out = output.buffer();
        const int error = has_flips ? flipping(in, pool.kernel, pool.stride, pool.padding, of_channels, out)
                                    : plain(in, pool.kernel, pool.stride, pool.padding, out);
        ASSERT_EQ(error, 0);
        for (int n = 0; n < 2; ++n) {
            TensorValues seen;
            seen.*values = input.image(n);
            EXPECT_EQ(output.image(n), evaluated(tensors, seen, pool.node(flips))[1].*values)
                << pool.in.channels << " channels, flips " << has_flips;
        }
        EXPECT_TRUE(output.border_is_untouched());
    }
}

// The bits of reals.
halide_buffer_t *as_integers(halide_buffer_t *reals) {
    reals->type = halide_type_of<std::int32_t>();
    return reals;
}

TEST_P(DeployedKernels, MaxPoolEqualsTheInterpreter) {
    Random random(1);
    for (const Pool &pool : pools) {
        expect_pooled<std::int8_t>(
            pool,
            {codes("in", pool.in, {-128, 127}, 0), codes("out", pool.out(), {-128, 127}, 0)},
            random,
            [&](std::size_t count) {
                return random_codes(random, count, {-128, 127});
            },
            &TensorValues::codes,
            dsq_test_max_pool_int8,
            dsq_test_max_pool_flips_int8);
        expect_pooled<float>(
            pool,
            {reals("in", pool.in), reals("out", pool.out())},
            random,
            [&](std::size_t count) { return random_reals(random, count, -9.0F, 9.0F); },
            &TensorValues::reals,
            dsq_test_max_pool_float32,
            dsq_test_max_pool_flips_float32);
        expect_pooled<float>(
            pool,
            {reals("in", pool.in), reals("out", pool.out())},
            random,
            [&](std::size_t count) { return random_reals(random, count, 0.0F, 9.0F); },
            &TensorValues::reals,
            [](halide_buffer_t *in, int kernel, int stride, int padding, halide_buffer_t *out) {
                return dsq_test_max_pool_int32(as_integers(in), kernel, stride, padding, as_integers(out));
            },
            [](halide_buffer_t *in, int kernel, int stride, int padding, halide_buffer_t *flips, halide_buffer_t *out) {
                in = as_integers(in);
                return dsq_test_max_pool_flips_int32(in, kernel, stride, padding, flips, as_integers(out));
            });
    }
}

TEST_P(DeployedKernels, ShortcutEqualsTheInterpreter) {
    struct Case {
        Shape in, out;
        int stride;
    };
    Random random(2);
    for (const Case &test :
         {Case{{16, 8, 8}, {32, 4, 4}, 2}, Case{{3, 7, 5}, {9, 4, 3}, 2}, Case{{9, 5, 3}, {9, 5, 3}, 1}}) {
        DeployedTensor<float> input(test.in, 1, 77), output(test.out, 1, 99);
        for (int n = 0; n < 2; ++n) input.set_image(n, random_reals(random, element_count(test.in), -9.0F, 9.0F));
        TensorBuffer<float> in = input.buffer(), out = output.buffer();
        ASSERT_EQ(dsq_test_shortcut(in, test.stride, (test.out.channels - test.in.channels) / 2, out), 0);
        for (int n = 0; n < 2; ++n) {
            const auto expected = evaluated({reals("in", test.in), reals("out", test.out)},
                                            {.reals = input.image(n)},
                                            ShortcutNode{0, 1, test.stride});
            EXPECT_EQ(output.image(n), expected[1].reals);
        }
        EXPECT_TRUE(output.border_is_untouched());
    }
}

TEST_P(DeployedKernels, GlobalAveragePoolEqualsTheInterpreterBitForBit) {
    Random random(3);
    for (const Shape &shape : {Shape{64, 8, 8}, Shape{512, 7, 7}, Shape{33, 3, 5}, Shape{1, 1, 1}, Shape{5, 11, 1}}) {
        DeployedTensor<float> input(shape, 1, 77), output({shape.channels, 1, 1}, 1, 99);
        for (int n = 0; n < 2; ++n) input.set_image(n, random_reals(random, element_count(shape), -1.0F, 9.0F));
        TensorBuffer<float> in = input.buffer(), out = output.buffer();
        ASSERT_EQ(dsq_test_global_average_pool(in, out), 0);
        for (int n = 0; n < 2; ++n) {
            const auto expected = evaluated({reals("in", shape), reals("out", {shape.channels, 1, 1})},
                                            {.reals = input.image(n)},
                                            GlobalAveragePoolNode{0, 1});
            EXPECT_EQ(bits(output.image(n)), bits(expected[1].reals)) << shape.width << " x " << shape.height;
        }
        EXPECT_TRUE(output.border_is_untouched());
    }
}

TEST_P(DeployedKernels, TheBorderOfCodesIsFilled) {
    for (const Shape &shape : {Shape{16, 8, 8}, Shape{3, 5, 7}, Shape{130, 1, 2}, Shape{1, 1, 1}}) {
        for (const int border : {1, 2, 3}) {
            DeployedTensor<std::int8_t> tensor(shape, border, 99);
            Random random(4);
            const std::vector<std::int8_t> codes = random_codes(random, element_count(shape), {-2, 1});
            for (int n = 0; n < 2; ++n) tensor.set_image(n, codes);
            const TensorView<std::int8_t> view = tensor.view();
            const int row = static_cast<int>(view.row_stride()), image = static_cast<int>(view.image_stride());
            Halide::Runtime::Buffer<std::int8_t, 2> images(view.data - view.origin(), image, view.batch);
            ASSERT_EQ(dsq_test_fill_border(row, shape.height, border, border * shape.channels, -7, images), 0);
            for (int n = 0; n < 2; ++n) EXPECT_EQ(tensor.image(n), codes);
            EXPECT_TRUE(tensor.border_is(-7));
        }
    }
}

}  // namespace
}  // namespace dsq::tests
