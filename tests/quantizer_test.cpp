#include "dsq/quantizer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "dsq/quantize.h"
#include "dsq/threads.h"
#include "tests/support/samples.h"

namespace dsq::tests {
namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

struct BadQuantizer {
    const char *argument;
    std::function<void(Quantizer &)> spoil;
};

const std::vector<BadQuantizer> bad_quantizers{
    {"upper = 1: expected more than lower", [](Quantizer &q) { q.lower = q.upper = 1.0F; }},
    {"upper = -2: expected more than lower", [](Quantizer &q) { q.upper = -2.0F; }},
    {"lower = nan", [](Quantizer &q) { q.lower = std::nanf(""); }},
    {"upper = nan", [](Quantizer &q) { q.upper = std::nanf(""); }},
    {"lower = -inf", [](Quantizer &q) { q.lower = -infinity; }},
    {"upper = inf", [](Quantizer &q) { q.upper = infinity; }},
    {"upper - lower", [](Quantizer &q) { q.lower = -3e38F, q.upper = 3e38F; }},
    {"upper - lower", [](Quantizer &q) { q.lower = 0.0F, q.upper = 1e-40F; }},
    {"alpha = 0:", [](Quantizer &q) { q.alpha = 0.0F; }},
    {"alpha = 0.5:", [](Quantizer &q) { q.alpha = 0.5F; }},
    {"alpha = -0.2", [](Quantizer &q) { q.alpha = -0.2F; }},
    {"alpha = nan", [](Quantizer &q) { q.alpha = std::nanf(""); }},
    {"bits = 0: expected 1 to 8", [](Quantizer &q) { q.bits = 0; }},
    {"bits = 9: expected 1 to 8", [](Quantizer &q) { q.bits = 9; }},
    {"bits = -1", [](Quantizer &q) { q.bits = -1; }},
    {"bits = 2: expected 1 (method binary)", [](Quantizer &q) { q.method = Method::binary; }},
    {"lower = -1: expected 0 (method pact)", [](Quantizer &q) { q.method = Method::pact, q.lower = -1.0F; }},
    {"lower = 0: expected -upper", [](Quantizer &q) { q.method = Method::dorefa, q.operand = Operand::weights; }},
    {"method = 99", [](Quantizer &q) { q.method = static_cast<Method>(99); }},
};

// Outputs filled with a mark, and whether anything overwrote it.
struct Outputs {
    std::vector<float> x = std::vector<float>(8, 0.5F);
    std::vector<std::uint8_t> codes = std::vector<std::uint8_t>(8, 0xEE);
    std::vector<float> values = std::vector<float>(8, -77.0F);
    ParameterGradients gradients{1.5, 2.5, 3.5};

    bool untouched() const {
        return codes == std::vector<std::uint8_t>(8, 0xEE) && values == std::vector<float>(8, -77.0F) &&
               gradients.lower == 1.5 && gradients.upper == 2.5 && gradients.alpha == 3.5;
    }
};

std::vector<Status> every_call(const Quantizer &quantizer, Outputs &out) {
    std::vector<Status> statuses;
    statuses.push_back(validate(quantizer));
    statuses.push_back(quantize_codes(quantizer, out.x, out.codes));
    statuses.push_back(quantize_values(quantizer, out.x, out.values));
    statuses.push_back(quantize_codes_and_values(quantizer, out.x, out.codes, out.values));
    statuses.push_back(quantize_soft(quantizer, out.x, out.values));
    statuses.push_back(quantize_backward(quantizer, out.x, out.x, out.values, out.gradients));
    return statuses;
}

TEST(Quantizer, ABadOneIsNamedAndNothingIsWritten) {
    for (const BadQuantizer &bad : bad_quantizers) {
        Quantizer quantizer;
        bad.spoil(quantizer);
        Outputs out;
        for (const Status &status : every_call(quantizer, out)) {
            EXPECT_EQ(status.code(), ErrorCode::invalid_argument);
            EXPECT_NE(status.message().find(bad.argument), std::string::npos)
                << "expected '" << bad.argument << "' in '" << status.message() << "'";
        }
        EXPECT_TRUE(out.untouched()) << bad.argument;
    }
}

void expect_buffer_error(const Status &status, const std::string &message) {
    EXPECT_EQ(status.code(), ErrorCode::mismatched_buffers);
    EXPECT_NE(status.message().find(message), std::string::npos) << status.message();
}

TEST(Quantizer, MismatchedAndNullBuffersAreNamedAndNothingIsWritten) {
    const Quantizer quantizer;
    Outputs out;
    const std::span<const float> x(out.x);
    const std::span<std::uint8_t> codes(out.codes);
    const std::span<float> values(out.values);
    const std::span<const float> null_x(static_cast<const float *>(nullptr), 8);
    const std::span<std::uint8_t> null_codes(static_cast<std::uint8_t *>(nullptr), 8);
    const std::span<float> null_values(static_cast<float *>(nullptr), 8);

    expect_buffer_error(quantize_codes(quantizer, x, codes.first(7)), "codes: 7 elements, expected 8 as x");
    expect_buffer_error(quantize_codes(quantizer, null_x, codes), "x: a null pointer");
    expect_buffer_error(quantize_codes(quantizer, x, null_codes), "codes: a null pointer");
    expect_buffer_error(quantize_values(quantizer, x, values.first(3)), "values: 3 elements");
    expect_buffer_error(quantize_values(quantizer, x, null_values), "values: a null pointer");
    expect_buffer_error(quantize_codes_and_values(quantizer, x, codes, values.first(1)), "values: 1 elements");
    expect_buffer_error(quantize_soft(quantizer, x, null_values), "values: a null pointer");
    expect_buffer_error(quantize_backward(quantizer, x, x.first(2), values, out.gradients), "grad_output: 2 elements");
    expect_buffer_error(quantize_backward(quantizer, x, null_x, values, out.gradients), "grad_output: a null pointer");
    expect_buffer_error(quantize_backward(quantizer, x, x, values.first(4), out.gradients), "grad_input: 4 elements");
    expect_buffer_error(quantize_backward(quantizer, x, x, null_values, out.gradients), "grad_input: a null pointer");
    const std::span<const float> huge(out.x.data(), largest_tensor + 1);
    expect_buffer_error(quantize_codes(quantizer, huge, codes), "x: 2147418113 elements, expected at most");
    EXPECT_TRUE(out.untouched());
}

TEST(Quantizer, EmptyTensorsAreFine) {
    for (Method method : methods_with_codes) {
        Random random(1);
        const Quantizer quantizer = random_quantizer(random, method, 2);
        ParameterGradients gradients{1, 1, 1};
        EXPECT_TRUE(quantize_codes(quantizer, {}, {}).ok());
        EXPECT_TRUE(quantize_values(quantizer, {}, {}).ok());
        EXPECT_TRUE(quantize_codes_and_values(quantizer, {}, {}, {}).ok());
        EXPECT_TRUE(quantize_backward(quantizer, {}, {}, {}, gradients).ok());
        EXPECT_EQ(gradients.lower, 0);
        EXPECT_EQ(gradients.upper, 0);
        EXPECT_EQ(gradients.alpha, 0);
    }
}

TEST(Quantizer, NoneCopiesAndHasNoCodes) {
    Quantizer quantizer;
    quantizer.method = Method::none;
    Outputs out;
    EXPECT_TRUE(quantize_values(quantizer, out.x, out.values).ok());
    EXPECT_EQ(out.values, out.x);
    EXPECT_EQ(quantize_codes(quantizer, out.x, out.codes).code(), ErrorCode::invalid_argument);
    EXPECT_EQ(quantize_soft(quantizer, out.x, out.values).code(), ErrorCode::invalid_argument);
    const std::vector<float> grad_output{1, 2, 3, 4, 5, 6, 7, 8};
    EXPECT_TRUE(quantize_backward(quantizer, out.x, grad_output, out.values, out.gradients).ok());
    EXPECT_EQ(out.values, grad_output);
    EXPECT_EQ(out.gradients.upper, 0);
}

TEST(Quantizer, MethodsWithoutASoftFunctionSaySo) {
    for (Method method : {Method::ste, Method::pact, Method::lsq, Method::dorefa}) {
        Quantizer quantizer;
        quantizer.method = method;
        Outputs out;
        const Status status = quantize_soft(quantizer, out.x, out.values);
        EXPECT_EQ(status.code(), ErrorCode::invalid_argument);
        EXPECT_NE(status.message().find(name(method)), std::string::npos) << status.message();
        EXPECT_TRUE(out.untouched());
    }
}

TEST(Quantizer, NamesReadBack) {
    for (const char *text : {"none", "dsq", "binary", "ste", "pact", "pact_dsq", "lsq", "dorefa"}) {
        const auto method = method_from_name(text);
        ASSERT_TRUE(method.has_value()) << text;
        EXPECT_EQ(name(*method), text);
    }
    EXPECT_FALSE(method_from_name("dsqq").has_value());
    EXPECT_FALSE(method_from_name("").has_value());
}

TEST(Threads, CountsOutsideTheRangeAreRefused) {
    EXPECT_EQ(set_thread_count(-1).code(), ErrorCode::invalid_argument);
    EXPECT_EQ(set_thread_count(257).code(), ErrorCode::invalid_argument);
    EXPECT_TRUE(set_thread_count(0).ok());
}

}  // namespace
}  // namespace dsq::tests
