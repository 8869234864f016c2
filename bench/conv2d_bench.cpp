/// The three passes of convolutions.
#include <benchmark/benchmark.h>

#include "bench_support.h"
#include "conv2d_layers.h"
#include "operators/conv2d.h"

namespace dsq::bench {
namespace {

/// A tensor and its memory, the border included.
struct BorderedTensor {
    BorderedTensor(int channels, int extent, int batch, int border, unsigned seed)
        : view{nullptr, channels, extent, extent, batch, border}, memory(tensor(Values::normal, view.storage(), seed)) {
        view.data = memory.data() + view.origin();
    }

    TensorView<float> view;
    Tensor memory;
};

void run(benchmark::State &state, Pass pass, const Conv2dLayer &layer, int batch) {
    const Conv2dShape shape = layer.shape;
    const int border = shape.padding();
    BorderedTensor input(layer.in_channels, layer.extent, batch, border, 1);
    BorderedTensor output(layer.out_channels, layer.out_extent(), batch, border, 2);
    Tensor weights =
        tensor(Values::normal, std::size_t(layer.out_channels * layer.in_channels * shape.kernel * shape.kernel), 3);

    time_calls(state, [&] {
        switch (pass) {
            case Pass::forward:
                return conv2d(shape, input.view, weights.data(), output.view);
            case Pass::backward_input:
                return conv2d_backward_input(shape, output.view, weights.data(), input.view);
            default:
                return conv2d_backward_weight(shape, input.view, output.view, weights.data());
        }
    });
}

}  // namespace
}  // namespace dsq::bench

int main(int argc, char **argv) {
    return dsq::bench::run_conv2d_benchmarks(argc, argv, dsq::bench::run);
}
