#include <gtest/gtest.h>

#include <cmath>

#include "dsq_test_input_codes.h"
#include "dsq_test_input_codes_of_reals.h"
#include "tests/support/deployed_tensor.h"
#include "tests/support/instruction_sets.h"
#include "tests/support/integer_graphs.h"

namespace dsq::tests {
namespace {

class InputCodes : public OnEveryInstructionSet {};
DSQ_ON_EVERY_INSTRUCTION_SET(InputCodes);

struct Case {
    Shape shape;
    int border;
};

const Case cases[] = {{{3, 32, 32}, 1}, {{3, 17, 5}, 3}, {{1, 28, 28}, 1}, {{1, 1, 1}, 2}, {{4, 9, 2}, 0}};

// Rows as the kernel has them: (x * channels + c, y, n), from the border on.
template <typename Element>
Halide::Runtime::Buffer<Element, 3> rows(const TensorView<Element> &view) {
    const int margin = view.border * view.channels, row = static_cast<int>(view.row_stride());
    const halide_dimension_t dimensions[] = {{-margin, row, 1},
                                             {-view.border, view.height + 2 * view.border, row},
                                             {0, view.batch, static_cast<int>(view.image_stride())}};
    return Halide::Runtime::Buffer<Element, 3>(view.data - view.origin(), 3, dimensions);
}

// What the interpreter makes of the pixels, and the padding around it.
template <typename Element>
void expect_codes(const Case &test, const std::vector<Element> &images, std::uint8_t (*pixel)(Element), auto kernel) {
    const std::size_t size = element_count(test.shape);
    DeployedTensor<Element> pixels(test.shape, 0, Element{});
    DeployedTensor<std::int8_t> codes(test.shape, test.border, 99);
    GuardedTensor<std::int8_t> padding(static_cast<std::size_t>(test.shape.channels));
    for (std::size_t c = 0; c < padding.span().size(); ++c) padding.span()[c] = static_cast<std::int8_t>(50 - 30 * c);
    for (int n = 0; n < 2; ++n) {
        const auto first = images.begin() + n * static_cast<std::ptrdiff_t>(size);
        pixels.set_image(n, {first, first + static_cast<std::ptrdiff_t>(size)});
    }
    Halide::Runtime::Buffer<std::int8_t, 1> paddings(padding.span().data(), test.shape.channels);
    auto in = rows(pixels.view());
    auto out = rows(codes.view());
    ASSERT_EQ(kernel(in, paddings, out), 0);
    const std::vector<IntegerTensor> tensors{tests::codes("codes", test.shape, {-128, 127}, 0)};
    for (int n = 0; n < 2; ++n) {
        std::vector<std::uint8_t> image;
        for (const Element element : pixels.image(n)) image.push_back(pixel(element));
        ImageTensors expected{tensors, image, std::vector<TensorValues>(1)};
        evaluate({"image", InputNode{0}}, expected);
        EXPECT_EQ(codes.image(n), expected.values[0].codes);
    }
    const TensorView<std::int8_t> view = codes.view();
    for (int y = -view.border; y < view.height + view.border; ++y) {
        for (int x = -view.border; x < view.width + view.border; ++x) {
            if (x >= 0 && x < view.width && y >= 0 && y < view.height) continue;
            for (int c = 0; c < view.channels; ++c) EXPECT_EQ(out(x * view.channels + c, y, 1), 50 - 30 * c);
        }
    }
}

TEST_P(InputCodes, EqualTheInterpretersForPixels) {
    for (const Case &test : cases) {
        Random random(1);
        std::vector<std::uint8_t> images(2 * element_count(test.shape));
        for (std::uint8_t &pixel : images) pixel = static_cast<std::uint8_t>(random());
        expect_codes<std::uint8_t>(
            test, images, [](std::uint8_t pixel) { return pixel; }, dsq_test_input_codes);
    }
}

// Ties between two pixels, what lies outside 0 .. 1, and any bits.
TEST_P(InputCodes, EqualTheInterpretersForReals) {
    for (const Case &test : cases) {
        Random random(2);
        std::vector<float> images = any_floats(random, static_cast<int>(2 * element_count(test.shape)));
        images.resize(2 * element_count(test.shape));
        for (std::size_t i = 0; i < images.size(); ++i) {
            if (i % 3 == 0) images[i] = static_cast<float>(random() % 511) / 510.0F;
            if (i % 3 == 1) images[i] = uniform(random, -0.1F, 1.1F);
        }
        expect_codes<float>(test, images, pixel_of, dsq_test_input_codes_of_reals);
    }
}

}  // namespace
}  // namespace dsq::tests
