/// What this machine can do, on all cores: the yardstick of the other benchmarks.
///
/// Each thread has its own data, and rates are sums over the threads.
#include <cstdint>
#include <cstring>
#include <numeric>
#include <vector>

#include <benchmark/benchmark.h>

#include "bench_support.h"

namespace dsq::bench {
namespace {

// More than the 2 * 5 fused multiply-adds that are in flight in current cores, and few enough for AVX2's 16 registers.
constexpr int chains = 12;
constexpr int steps = 1 << 16;

using Float4 [[gnu::vector_size(16)]] = float;
using Float8 [[gnu::vector_size(32)]] = float;
using Float16 [[gnu::vector_size(64)]] = float;

template <typename Vector>
[[gnu::always_inline]] inline void multiply_add() {
    Vector factor = Vector{} + 0.5F;
    Vector term = Vector{} + 1.0F;
    Vector sums[chains] = {};
    benchmark::DoNotOptimize(factor);
    benchmark::DoNotOptimize(term);
    benchmark::DoNotOptimize(sums);  // or the equal chains become one
    for (int step = 0; step < steps; ++step) {
#pragma GCC unroll chains
        for (Vector &sum : sums) {
            sum = sum * factor + term;
        }
    }
    benchmark::DoNotOptimize(sums);
}

struct InstructionSet {
    const char *name;
    int lanes;
    void (*multiply_add)();
};

#ifdef __x86_64__
[[gnu::target("avx512f")]] void multiply_add_avx512() {
    multiply_add<Float16>();
}

[[gnu::target("avx2,fma")]] void multiply_add_avx2() {
    multiply_add<Float8>();
}

InstructionSet best_instruction_set() {
    if (__builtin_cpu_supports("avx512f")) {
        return {"avx512", 16, multiply_add_avx512};
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        return {"avx2", 8, multiply_add_avx2};
    }
    return {"sse2", 4, multiply_add<Float4>};
}
#else
InstructionSet best_instruction_set() {
    return {"128-bit", 4, multiply_add<Float4>};
}
#endif

/// Items: multiply-adds of float32.
void fma(benchmark::State &state) {
    const InstructionSet best = best_instruction_set();
    for (auto _ : state) {
        best.multiply_add();
    }
    state.SetItemsProcessed(state.iterations() * steps * chains * best.lanes);
    state.SetLabel(best.name);
}

/// Bytes: read and written.
void copy(benchmark::State &state) {
    const std::size_t count = elements(state) / static_cast<std::size_t>(state.threads());
    const std::vector<float> source(count, 1.0F);
    std::vector<float> target(count);
    for (auto _ : state) {
        std::memcpy(target.data(), source.data(), count * sizeof(float));
        benchmark::ClobberMemory();
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(2 * count * sizeof(float)));
}

/// A sum of integers, since that of floats is bound by the latency of additions.
void read(benchmark::State &state) {
    const std::size_t count = elements(state) / static_cast<std::size_t>(state.threads());
    std::vector<std::uint32_t> source(count, 1);
    benchmark::DoNotOptimize(source.data());
    for (auto _ : state) {
        benchmark::DoNotOptimize(std::accumulate(source.begin(), source.end(), std::uint32_t{0}));
        benchmark::ClobberMemory();  // or the sum is taken once
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(count * sizeof(std::uint32_t)));
}

BENCHMARK(fma)->ThreadPerCpu()->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(copy)->Apply(both_sizes)->ThreadPerCpu();
BENCHMARK(read)->Apply(both_sizes)->ThreadPerCpu();

}  // namespace
}  // namespace dsq::bench

BENCHMARK_MAIN();
