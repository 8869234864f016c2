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
constexpr std::size_t large_tensor = std::size_t{1} << 24;
/// In cache: for tests of the benchmarks, and to see what a call costs.
constexpr std::size_t small_tensor = std::size_t{1} << 16;

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

/// Times `call`, which returns a Status.
template <typename Call>
void time_calls(benchmark::State &state, Call call) {
    for (auto _ : state) {
        if (const Status status = call(); !status.ok()) {
            state.SkipWithError(status.message().c_str());
            break;
        }
    }
}

/// The same for a call that moves this many bytes to and from memory for each of `count` elements.
template <typename Call>
void time_sweeps(benchmark::State &state, std::size_t count, std::size_t bytes_per_element, Call call) {
    time_calls(state, call);
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(count * bytes_per_element));
}

/// The two sizes of each benchmark (report.py and the tests choose by this name), timed by the clock: kernels use all
/// cores.
inline void both_sizes(benchmark::internal::Benchmark *benchmark) {
    benchmark->ArgName("large")->Arg(0)->Arg(1)->UseRealTime()->Unit(benchmark::kMillisecond);
}

inline bool is_large(const benchmark::State &state) {
    return state.range(0) != 0;
}

inline std::size_t elements(const benchmark::State &state) {
    return is_large(state) ? large_tensor : small_tensor;
}

}  // namespace dsq::bench
