/// The fully connected layers of ResNet-20, VGG-Small and ResNet-18, forward and backward, at a training batch.
#include <benchmark/benchmark.h>

#include "bench_support.h"
#include "operators/linear.h"

namespace dsq::bench {
namespace {

/// A layer with its tensors and their gradients.
struct Layer {
    TensorView<float> input, output;
    Tensor inputs, outputs, weights, bias;

    Layer(const benchmark::State &state, int in, int out)
        : input{nullptr, in, 1, 1, is_large(state) ? 128 : 2},
          output{nullptr, out, 1, 1, input.batch},
          inputs(random_tensor(Values::normal, input.size(), 1)),
          outputs(random_tensor(Values::normal, output.size(), 2)),
          weights(random_tensor(Values::normal, static_cast<std::size_t>(in) * static_cast<std::size_t>(out), 3)),
          bias(static_cast<std::size_t>(out)) {
        input.data = inputs.data();
        output.data = outputs.data();
    }
    template <typename Call>
    void time(benchmark::State &state, Call call) {
        time_calls(state, call);
        state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(weights.size()) * input.batch);
    }
};

void forward(benchmark::State &state, int in, int out) {
    Layer layer(state, in, out);
    layer.time(state, [&] { return linear(layer.input, layer.weights, layer.bias, layer.output); });
}

void backward_input(benchmark::State &state, int in, int out) {
    Layer layer(state, in, out);
    layer.time(state, [&] { return linear_backward_input(layer.output, layer.weights, layer.input); });
}

void backward_weight(benchmark::State &state, int in, int out) {
    Layer layer(state, in, out);
    layer.time(state, [&] { return linear_backward_weight(layer.input, layer.output, layer.weights, layer.bias); });
}

#define DSQ_LAYER(name, in, out)                                         \
    BENCHMARK_CAPTURE(forward, name, in, out)->Apply(both_sizes);        \
    BENCHMARK_CAPTURE(backward_input, name, in, out)->Apply(both_sizes); \
    BENCHMARK_CAPTURE(backward_weight, name, in, out)->Apply(both_sizes)

DSQ_LAYER(resnet20, 64, 10);
DSQ_LAYER(vgg_small, 8192, 10);
DSQ_LAYER(resnet18, 512, 1000);

}  // namespace
}  // namespace dsq::bench

BENCHMARK_MAIN();
