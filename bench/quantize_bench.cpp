/// The forward pass: hard quantization to codes, to values and to both, and DSQ's soft function.
#include <cstdint>
#include <vector>

#include <benchmark/benchmark.h>

#include "bench_support.h"
#include "dsq/quantize.h"

namespace dsq::bench {
namespace {

/// 5% of normal values lie beyond the bounds.
constexpr Quantizer dsq_2_bits{.method = Method::dsq, .bits = 2, .lower = -2.0F, .upper = 2.0F};
/// A lower bound of 0 keeps denormal inputs denormal: x - l is x.
constexpr Quantizer dsq_2_bits_from_0{.method = Method::dsq, .bits = 2, .lower = 0.0F, .upper = 2.0F};

void codes(benchmark::State &state, const Quantizer &quantizer, Values input) {
    const std::size_t count = elements(state);
    const Tensor &x = tensor(input, count);
    std::vector<std::uint8_t> result(count);
    time_sweeps(state, count, 4 + 1, [&] { return quantize_codes(quantizer, x, result); });
}

void values(benchmark::State &state) {
    const std::size_t count = elements(state);
    const Tensor &x = tensor(Values::normal, count);
    Tensor result(count);
    time_sweeps(state, count, 4 + 4, [&] { return quantize_values(dsq_2_bits, x, result); });
}

void codes_and_values(benchmark::State &state) {
    const std::size_t count = elements(state);
    const Tensor &x = tensor(Values::normal, count);
    std::vector<std::uint8_t> result_codes(count);
    Tensor result_values(count);
    time_sweeps(
        state, count, 4 + 1 + 4, [&] { return quantize_codes_and_values(dsq_2_bits, x, result_codes, result_values); });
}

void soft(benchmark::State &state) {
    const std::size_t count = elements(state);
    const Tensor &x = tensor(Values::normal, count);
    Tensor result(count);
    time_sweeps(state, count, 4 + 4, [&] { return quantize_soft(dsq_2_bits, x, result); });
}

BENCHMARK_CAPTURE(codes, normal, dsq_2_bits, Values::normal)->Apply(both_sizes);
BENCHMARK_CAPTURE(codes, denormal, dsq_2_bits_from_0, Values::denormal)->Apply(both_sizes);
BENCHMARK(values)->Apply(both_sizes);
BENCHMARK(codes_and_values)->Apply(both_sizes);
BENCHMARK(soft)->Apply(both_sizes);

}  // namespace
}  // namespace dsq::bench

BENCHMARK_MAIN();
