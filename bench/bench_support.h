/// What the benchmarks share: tensors to run on, and the loop that times a call of dsq.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <random>
#include <tuple>
#include <vector>

#include <benchmark/benchmark.h>

#include "dsq/status.h"

namespace dsq::bench {

/// 64 MiB of float32: beyond most caches, so that bytes/s compare with the machine's memory bandwidth.
constexpr std::int64_t large_tensor = std::int64_t{1} << 24;
/// In cache: for tests of the benchmarks, and to see what a call costs.
constexpr std::int64_t small_tensor = std::int64_t{1} << 16;

enum class Values {
    normal,    ///< mean 0, standard deviation 1
    denormal,  ///< positive, below the smallest normal number: slow on many processors
};

using Tensor = std::vector<float>;

inline Tensor random_tensor(Values values, std::size_t count, unsigned seed) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    std::uniform_int_distribution<int> multiple(1, (1 << 23) - 1);
    Tensor tensor(count);
    for (float &value : tensor) {
        value = values == Values::normal
                    ? normal(random)
                    : static_cast<float>(multiple(random)) * std::numeric_limits<float>::denorm_min();
    }
    return tensor;
}

/// A random tensor, made once: Google Benchmark calls a benchmark several times, and this takes longer than the
/// kernels.
inline const Tensor &tensor(Values values, std::size_t count, unsigned seed = 1) {
    static std::map<std::tuple<Values, std::size_t, unsigned>, Tensor> tensors;
    const auto [entry, is_new] = tensors.try_emplace({values, count, seed});
    if (is_new) {
        entry->second = random_tensor(values, count, seed);
    }
    return entry->second;
}

/// Times `call`, which returns a Status and moves this many bytes to and from memory for each of `count` elements.
template <typename Call>
void time_calls(benchmark::State &state, std::size_t count, std::size_t bytes_per_element, Call call) {
    for (auto _ : state) {
        if (const Status status = call(); !status.ok()) {
            state.SkipWithError(status.message().c_str());
            break;
        }
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(count * bytes_per_element));
}

/// The sizes that each benchmark of a tensor runs on, and how it is timed: by the clock, since kernels use all cores.
inline void tensor_sizes(benchmark::internal::Benchmark *benchmark) {
    benchmark->ArgName("elements")->Arg(small_tensor)->Arg(large_tensor)->UseRealTime()->Unit(benchmark::kMillisecond);
}

inline std::size_t elements(const benchmark::State &state) {
    return static_cast<std::size_t>(state.range(0));
}

}  // namespace dsq::bench
