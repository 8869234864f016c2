/// The sweep that bounds start from.
#include <benchmark/benchmark.h>

#include "bench_support.h"
#include "dsq/bounds.h"

namespace dsq::bench {
namespace {

void statistics(benchmark::State &state) {
    const std::size_t count = elements(state);
    const Tensor &x = tensor(Values::normal, count);
    Statistics result;
    time_sweeps(state, count, 4, [&] { return compute_statistics(x, result); });
}

BENCHMARK(statistics)->Apply(both_sizes);

}  // namespace
}  // namespace dsq::bench

BENCHMARK_MAIN();
