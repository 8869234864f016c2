/// Depthwise convolutions of codes of 2 bits, on layers as MobileNets have them.
#include <HalideBuffer.h>
#include <benchmark/benchmark.h>

#include <cstdint>
#include <initializer_list>
#include <random>
#include <vector>

#include "bench_support.h"
#include "dsq_bench_depthwise_codes_128x28.h"
#include "dsq_bench_depthwise_codes_512x14.h"
#include "dsq_bench_depthwise_codes_64x56.h"

namespace dsq::bench {
namespace {

using Codes = std::vector<std::int8_t>;

Codes random_codes(std::size_t count, unsigned seed) {
    std::mt19937 random(seed);
    std::uniform_int_distribution<int> code(-2, 1);
    Codes codes(count);
    for (std::int8_t &value : codes) value = static_cast<std::int8_t>(code(random));
    return codes;
}

using Kernel = int (*)(halide_buffer_t *, halide_buffer_t *, halide_buffer_t *, halide_buffer_t *);

std::size_t product(std::initializer_list<int> extents) {
    std::size_t result = 1;
    for (const int extent : extents) result *= static_cast<std::size_t>(extent);
    return result;
}

/// Each pixel of both tensors is read or written once.
void forward(benchmark::State &state, Kernel kernel, int channels, int extent) {
    constexpr int border = 1, taps = 3, levels = 3;
    const int batch = is_large(state) ? 32 : 2, width = extent + 2 * border;
    Codes codes = random_codes(product({channels, width, width, batch}), 1);
    Codes weight_codes = random_codes(product({channels, taps, taps}), 2);
    std::vector<std::int16_t> levels_of_channels(product({channels, levels}));
    Codes results(product({channels, extent, extent, batch}));
    Halide::Runtime::Buffer<std::int8_t, 4> input(codes.data(), channels, width, width, batch);
    input.set_min(0, -border, -border, 0);
    Halide::Runtime::Buffer<std::int8_t, 5> weights(weight_codes.data(), channels, 1, taps, taps, 1);
    Halide::Runtime::Buffer<std::int16_t, 2> thresholds(levels_of_channels.data(), channels, levels);
    Halide::Runtime::Buffer<std::int8_t, 4> output(results.data(), channels, extent, extent, batch);
    time_sweeps(state, codes.size() + results.size(), 1, [&] {
        const int error = kernel(input, weights, thresholds, output);
        return error == 0 ? Status() : Status(ErrorCode::kernel_failed, "depthwise_conv2d_codes");
    });
}

#define DSQ_LAYER(channels, extent)                                                                                    \
    BENCHMARK_CAPTURE(forward, channels##_channels, dsq_bench_depthwise_codes_##channels##x##extent, channels, extent) \
        ->Apply(both_sizes)

DSQ_LAYER(64, 56);
DSQ_LAYER(128, 28);
DSQ_LAYER(512, 14);

}  // namespace
}  // namespace dsq::bench

BENCHMARK_MAIN();
