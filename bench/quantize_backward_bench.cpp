/// The backward pass of each kind of gradient.
#include <benchmark/benchmark.h>

#include "bench_support.h"
#include "dsq/quantize.h"

namespace dsq::bench {
namespace {

struct Case {
    Quantizer quantizer;
    Values x = Values::normal;
    Values grad_output = Values::normal;
};

void backward(benchmark::State &state, const Case &test) {
    const std::size_t count = elements(state);
    const Tensor &x = tensor(test.x, count, 1);
    const Tensor &grad_output = tensor(test.grad_output, count, 2);
    Tensor grad_input(count);
    ParameterGradients gradients;
    time_sweeps(state, count, 4 + 4 + 4, [&] {
        return quantize_backward(test.quantizer, x, grad_output, grad_input, gradients);
    });
}

/// Bounds that clip 5% of x; a lower bound of 0 keeps denormal inputs denormal: x - l is x.
constexpr Quantizer dsq_2_bits{.method = Method::dsq, .bits = 2, .lower = -2.0F, .upper = 2.0F};
constexpr Quantizer dsq_2_bits_from_0{.method = Method::dsq, .bits = 2, .lower = 0.0F, .upper = 2.0F};
constexpr Quantizer dsq_8_bits{.method = Method::dsq, .bits = 8, .lower = -2.0F, .upper = 2.0F};
constexpr Quantizer pact_dsq{.method = Method::pact_dsq, .bits = 2, .lower = 0.0F, .upper = 2.0F};
constexpr Quantizer ste{.method = Method::ste, .bits = 2, .lower = -2.0F, .upper = 2.0F};
constexpr Quantizer lsq{.method = Method::lsq, .bits = 2, .lower = -2.0F, .upper = 2.0F};
/// Bounds beyond the largest magnitude, as the method asks.
constexpr Quantizer dorefa_weights{
    .method = Method::dorefa, .operand = Operand::weights, .bits = 2, .lower = -6.0F, .upper = 6.0F};

BENCHMARK_CAPTURE(backward, dsq_2_bits, {dsq_2_bits})->Apply(both_sizes);
BENCHMARK_CAPTURE(backward, dsq_2_bits_denormal_x, {dsq_2_bits_from_0, Values::denormal, Values::normal})
    ->Apply(both_sizes);
BENCHMARK_CAPTURE(backward, dsq_2_bits_denormal_gradient, {dsq_2_bits, Values::normal, Values::denormal})
    ->Apply(both_sizes);
BENCHMARK_CAPTURE(backward, dsq_8_bits, {dsq_8_bits})->Apply(both_sizes);
BENCHMARK_CAPTURE(backward, pact_dsq, {pact_dsq})->Apply(both_sizes);
BENCHMARK_CAPTURE(backward, ste, {ste})->Apply(both_sizes);
BENCHMARK_CAPTURE(backward, lsq, {lsq})->Apply(both_sizes);
BENCHMARK_CAPTURE(backward, dorefa_weights, {dorefa_weights})->Apply(both_sizes);

}  // namespace
}  // namespace dsq::bench

BENCHMARK_MAIN();
