// The hand-written backward pass against Halide's own differentiation of the soft function (eq. 4 to 7), written
// plainly.
#include <Halide.h>
#include <gtest/gtest.h>

#include <cmath>

#include "dsq/quantize.h"
#include "tests/support/samples.h"

namespace dsq::tests {
namespace {

using namespace Halide;

struct Adjoints {
    std::vector<float> x;
    float lower, upper, alpha;
};

// Derivatives of sum over i of grad_output(i) * soft(x(i)).
Adjoints propagated(const Quantizer &quantizer, std::vector<float> x_data, std::vector<float> grad_data) {
    const int size = static_cast<int>(x_data.size());
    Buffer<float> x_buffer(x_data.data(), size), grad_output(grad_data.data(), size), parameter_buffer(3);
    parameter_buffer(0) = quantizer.lower, parameter_buffer(1) = quantizer.upper, parameter_buffer(2) = quantizer.alpha;

    Var i("i"), k("k");
    Func x("x_values"), parameters("parameters");
    x(i) = x_buffer(i);
    parameters(k) = parameter_buffer(k);
    Expr lower = parameters(0), upper = parameters(1), alpha = parameters(2);
    Expr levels = static_cast<float>(largest_code(quantizer));
    Expr step = (upper - lower) / levels;
    Expr kappa = log(2.0f / alpha - 1.0f);
    Expr t = (x(i) - lower) / step;
    Expr cell = min(floor(t), levels - 1.0f);
    Expr wave = tanh(kappa * (t - cell - 0.5f)) / (1.0f - alpha);
    Func soft("soft"), loss("loss");
    soft(i) = select(x(i) < lower, lower, x(i) > upper, upper, lower + step * (cell + 0.5f * (wave + 1.0f)));
    RDom all(0, size);
    loss() = 0.0f;
    loss() += grad_output(all) * soft(all);

    const Derivative derivative = propagate_adjoints(loss);
    Func of_x = derivative(x), of_parameters = derivative(parameters);
    Buffer<float> dx = of_x.realize({size}), dp = of_parameters.realize({3});
    return {{dx.begin(), dx.end()}, dp(0), dp(1), dp(2)};
}

TEST(QuantizeBackwardAdjoint, EqualsHalidesOwnDerivative) {
    for (unsigned seed = 0; seed < 8; ++seed) {
        Random random(seed);
        const Quantizer quantizer = [&] {
            Quantizer q = random_quantizer(random, Method::dsq, 1 + static_cast<int>(seed % 4));
            q.alpha = uniform(random, 0.05F, 0.45F);
            return q;
        }();
        SCOPED_TRACE(describe(quantizer, seed));
        std::vector<float> x = samples_around(random, quantizer, 64);
        // Adjoints of a clip differ on the bound itself.
        x.erase(x.begin(), x.begin() + 2);
        std::vector<float> grad_output(x.size());
        for (float &gradient : grad_output) gradient = uniform(random, -1.0F, 1.0F);

        const Adjoints expected = propagated(quantizer, x, grad_output);
        std::vector<float> grad_input(x.size());
        ParameterGradients sums;
        ASSERT_TRUE(quantize_backward(quantizer, x, grad_output, grad_input, sums).ok());
        for (std::size_t i = 0; i < x.size(); ++i) {
            EXPECT_NEAR(grad_input[i], expected.x[i], 1e-3 * std::fabs(expected.x[i]) + 1e-6) << "x = " << x[i];
        }
        const double range = quantizer.upper - quantizer.lower;
        EXPECT_NEAR(sums.lower, expected.lower, 1e-3 * 8);
        EXPECT_NEAR(sums.upper, expected.upper, 1e-3 * 8);
        EXPECT_NEAR(sums.alpha, expected.alpha, 1e-3 * 8 * range);
    }
}

}  // namespace
}  // namespace dsq::tests
