/// A step of each optimizer: one sweep over gradients, state and parameters.
#include <benchmark/benchmark.h>

#include "bench_support.h"
#include "operators/optimizer.h"

namespace dsq::bench {
namespace {

/// A quarter of the others, for there are up to four of them.
std::size_t parameters(const benchmark::State &state) {
    return elements(state) / 4;
}

void sgd(benchmark::State &state) {
    const std::size_t count = parameters(state);
    const Tensor gradients = random_tensor(Values::normal, count, 1);
    Tensor velocities(count), values = random_tensor(Values::normal, count, 2);
    const SgdSettings settings{.learning_rate = 1e-6F, .nesterov = true, .weight_decay = 1e-4F};
    time_sweeps(state, count, 5 * 4, [&] { return sgd_step(settings, gradients, velocities, values); });
}

void adam(benchmark::State &state) {
    const std::size_t count = parameters(state);
    const Tensor gradients = random_tensor(Values::normal, count, 1);
    Tensor first(count), second(count), values = random_tensor(Values::normal, count, 2);
    const AdamSettings settings{.learning_rate = 1e-6F};
    time_sweeps(state, count, 7 * 4, [&] { return adam_step(settings, 1, gradients, first, second, values); });
}

BENCHMARK(sgd)->Apply(both_sizes);
BENCHMARK(adam)->Apply(both_sizes);

}  // namespace
}  // namespace dsq::bench

BENCHMARK_MAIN();
