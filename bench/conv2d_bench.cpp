/// The forward pass of the convolutions of ResNet-20 and VGG-Small on CIFAR-sized images, at a training batch.
#include <benchmark/benchmark.h>

#include "bench_support.h"
#include "operators/conv2d.h"

namespace dsq::bench {
namespace {

struct Layer {
    int in_channels = 0;
    int out_channels = 0;
    int extent = 0;  ///< width and height of the input
    Conv2dShape shape;
};

void conv2d_forward(benchmark::State &state, const Layer &layer) {
    const int batch = is_large(state) ? 128 : 2;
    const int out_extent = conv2d_output_extent(layer.extent, layer.shape);
    TensorView<const float> input{nullptr, layer.in_channels, layer.extent, layer.extent, batch};
    TensorView<float> output{nullptr, layer.out_channels, out_extent, out_extent, batch};
    const TensorView<float> weights{
        nullptr, layer.out_channels, layer.in_channels, layer.shape.kernel, layer.shape.kernel};
    const Tensor input_values = random_tensor(Values::normal, input.size(), 1);
    const Tensor weight_values = random_tensor(Values::normal, weights.size(), 2);
    Tensor output_values(output.size());
    input.data = input_values.data();
    output.data = output_values.data();

    time_calls(state, [&] { return conv2d(layer.shape, input, weight_values.data(), output); });
    const auto macs =
        static_cast<std::int64_t>(output.size()) * layer.in_channels * layer.shape.kernel * layer.shape.kernel;
    state.SetItemsProcessed(state.iterations() * macs);
}

#define DSQ_LAYER(name, ...) BENCHMARK_CAPTURE(conv2d_forward, name, Layer __VA_ARGS__)->Apply(both_sizes)

DSQ_LAYER(resnet20_first, {3, 16, 32, {3, 1}});
DSQ_LAYER(resnet20_stage1, {16, 16, 32, {3, 1}});
DSQ_LAYER(resnet20_stage2_first, {16, 32, 32, {3, 2}});
DSQ_LAYER(resnet20_stage2, {32, 32, 16, {3, 1}});
DSQ_LAYER(resnet20_stage3_first, {32, 64, 16, {3, 2}});
DSQ_LAYER(resnet20_stage3, {64, 64, 8, {3, 1}});
DSQ_LAYER(vgg_small_1, {3, 128, 32, {3, 1}});
DSQ_LAYER(vgg_small_2, {128, 128, 32, {3, 1}});
DSQ_LAYER(vgg_small_3, {128, 256, 16, {3, 1}});
DSQ_LAYER(vgg_small_4, {256, 256, 16, {3, 1}});
DSQ_LAYER(vgg_small_5, {256, 512, 8, {3, 1}});
DSQ_LAYER(vgg_small_6, {512, 512, 8, {3, 1}});

}  // namespace
}  // namespace dsq::bench

BENCHMARK_MAIN();
