/// The three passes of the convolutions of ResNet-20, VGG-Small and ResNet-18 at a training batch.
#include <benchmark/benchmark.h>

#include "bench_support.h"
#include "operators/conv2d.h"

namespace dsq::bench {
namespace {

enum class Pass { forward, backward_input, backward_weight };

struct Layer {
    int in_channels = 0;
    int out_channels = 0;
    int extent = 0;  ///< width and height of the input
    Conv2dShape shape;
    int batch = 128;
};

/// A tensor and its memory, the border included.
struct BorderedTensor {
    BorderedTensor(int channels, int extent, int batch, int border, unsigned seed)
        : view{nullptr, channels, extent, extent, batch, border}, memory(tensor(Values::normal, view.storage(), seed)) {
        view.data = memory.data() + view.origin();
    }

    TensorView<float> view;
    Tensor memory;
};

void run(benchmark::State &state, Pass pass, const Layer &layer) {
    const int batch = is_large(state) ? layer.batch : 2;
    const Conv2dShape shape = layer.shape;
    const int border = shape.padding();
    BorderedTensor input(layer.in_channels, layer.extent, batch, border, 1);
    BorderedTensor output(layer.out_channels, conv2d_output_extent(layer.extent, shape), batch, border, 2);
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
    const auto macs = static_cast<std::int64_t>(output.view.size()) * layer.in_channels * shape.kernel * shape.kernel;
    state.SetItemsProcessed(state.iterations() * macs);
}

void forward(benchmark::State &state, const Layer &layer) {
    run(state, Pass::forward, layer);
}

void backward_input(benchmark::State &state, const Layer &layer) {
    run(state, Pass::backward_input, layer);
}

void backward_weight(benchmark::State &state, const Layer &layer) {
    run(state, Pass::backward_weight, layer);
}

#define DSQ_PASS(pass, name, ...) BENCHMARK_CAPTURE(pass, name, Layer __VA_ARGS__)->Apply(both_sizes)
#define DSQ_FIRST_LAYER(name, ...)        \
    DSQ_PASS(forward, name, __VA_ARGS__); \
    DSQ_PASS(backward_weight, name, __VA_ARGS__)
#define DSQ_LAYER(name, ...)            \
    DSQ_FIRST_LAYER(name, __VA_ARGS__); \
    DSQ_PASS(backward_input, name, __VA_ARGS__)

DSQ_FIRST_LAYER(resnet20_first, {3, 16, 32, {3, 1}});
DSQ_LAYER(resnet20_stage1, {16, 16, 32, {3, 1}});
DSQ_LAYER(resnet20_stage2_first, {16, 32, 32, {3, 2}});
DSQ_LAYER(resnet20_stage2, {32, 32, 16, {3, 1}});
DSQ_LAYER(resnet20_stage3_first, {32, 64, 16, {3, 2}});
DSQ_LAYER(resnet20_stage3, {64, 64, 8, {3, 1}});
DSQ_FIRST_LAYER(vgg_small_1, {3, 128, 32, {3, 1}});
DSQ_LAYER(vgg_small_2, {128, 128, 32, {3, 1}});
DSQ_LAYER(vgg_small_3, {128, 256, 16, {3, 1}});
DSQ_LAYER(vgg_small_4, {256, 256, 16, {3, 1}});
DSQ_LAYER(vgg_small_5, {256, 512, 8, {3, 1}});
DSQ_LAYER(vgg_small_6, {512, 512, 8, {3, 1}});
DSQ_FIRST_LAYER(resnet18_first, {3, 64, 224, {7, 2}, 16});
DSQ_LAYER(resnet18_stage1, {64, 64, 56, {3, 1}, 16});
DSQ_LAYER(resnet18_stage2_first, {64, 128, 56, {3, 2}, 16});
DSQ_LAYER(resnet18_stage2_shortcut, {64, 128, 56, {1, 2}, 16});
DSQ_LAYER(resnet18_stage2, {128, 128, 28, {3, 1}, 16});
DSQ_LAYER(resnet18_stage3_first, {128, 256, 28, {3, 2}, 16});
DSQ_LAYER(resnet18_stage3, {256, 256, 14, {3, 1}, 16});
DSQ_LAYER(resnet18_stage4_first, {256, 512, 14, {3, 2}, 16});
DSQ_LAYER(resnet18_stage4, {512, 512, 7, {3, 1}, 16});

}  // namespace
}  // namespace dsq::bench

BENCHMARK_MAIN();
