/// Depthwise convolutions as MobileNets have them, forward and backward.
#include <benchmark/benchmark.h>

#include "bench_support.h"
#include "operators/depthwise_conv2d.h"

namespace dsq::bench {
namespace {

/// A layer with its tensors, which have borders of a pixel.
struct Layer {
    Conv2dShape shape;
    TensorView<float> input, output;
    Tensor inputs, outputs, weights;

    Layer(const benchmark::State &state, int channels, int extent, int stride)
        : shape{3, stride},
          input{nullptr, channels, extent, extent, is_large(state) ? 32 : 2, 1},
          output{nullptr,
                 channels,
                 conv2d_output_extent(extent, shape),
                 conv2d_output_extent(extent, shape),
                 input.batch,
                 1},
          inputs(random_tensor(Values::normal, input.storage(), 1)),
          outputs(random_tensor(Values::normal, output.storage(), 2)),
          weights(random_tensor(Values::normal, static_cast<std::size_t>(9 * channels), 3)) {
        input.data = inputs.data() + input.origin();
        output.data = outputs.data() + output.origin();
    }
    /// Each pixel of both tensors is read or written once.
    template <typename Call>
    void time(benchmark::State &state, Call call) {
        time_sweeps(state, input.size() + output.size(), 4, call);
    }
};

void forward(benchmark::State &state, int channels, int extent, int stride) {
    Layer layer(state, channels, extent, stride);
    layer.time(state, [&] { return depthwise_conv2d(layer.shape, layer.input, layer.weights.data(), layer.output); });
}

void backward_input(benchmark::State &state, int channels, int extent, int stride) {
    Layer layer(state, channels, extent, stride);
    layer.time(state, [&] {
        return depthwise_conv2d_backward_input(layer.shape, layer.output, layer.weights.data(), layer.input);
    });
}

void backward_weight(benchmark::State &state, int channels, int extent, int stride) {
    Layer layer(state, channels, extent, stride);
    layer.time(state, [&] {
        return depthwise_conv2d_backward_weight(layer.shape, layer.input, layer.output, layer.weights.data());
    });
}

#define DSQ_LAYER(name, ...)                                                 \
    BENCHMARK_CAPTURE(forward, name, __VA_ARGS__)->Apply(both_sizes);        \
    BENCHMARK_CAPTURE(backward_input, name, __VA_ARGS__)->Apply(both_sizes); \
    BENCHMARK_CAPTURE(backward_weight, name, __VA_ARGS__)->Apply(both_sizes)

DSQ_LAYER(32_channels, 32, 56, 1);
DSQ_LAYER(64_channels_stride_2, 64, 56, 2);
DSQ_LAYER(512_channels, 512, 14, 1);

}  // namespace
}  // namespace dsq::bench

BENCHMARK_MAIN();
