/// Batch normalization with what follows it, on the images of ResNet-20's stages and of VGG-Small, at a training batch.
#include <benchmark/benchmark.h>

#include "bench_support.h"
#include "operators/batch_norm.h"

namespace dsq::bench {
namespace {

struct Stage {
    int channels = 0;
    int extent = 0;  ///< width and height
};

constexpr Quantizer dsq_2_bits{.method = Method::dsq, .bits = 2, .lower = 0.0F, .upper = 2.0F};
constexpr Quantizer ste{.method = Method::ste, .bits = 2, .lower = 0.0F, .upper = 2.0F};

constexpr Quantizer no_quantizer{.method = Method::none};

/// Tensors and factors of a stage.
struct Images {
    TensorView<float> shape;
    Tensor factors;
    std::vector<Tensor> memory;

    Images(const benchmark::State &state, const Stage &stage)
        : shape{nullptr, stage.channels, stage.extent, stage.extent, is_large(state) ? 128 : 2},
          factors(static_cast<std::size_t>(stage.channels), 0.5F) {
        memory.reserve(8);  // views stay valid
    }
    TensorView<float> tensor() {
        memory.push_back(bench::tensor(Values::normal, shape.size(), static_cast<unsigned>(memory.size())));
        TensorView<float> view = shape;
        view.data = memory.back().data();
        return view;
    }
};

void statistics(benchmark::State &state, const Stage &stage) {
    Images images(state, stage);
    const auto x = images.tensor();
    Tensor mean(images.factors.size()), variance(images.factors.size());
    time_sweeps(state, x.size(), 4, [&] { return batch_norm_statistics(x, mean, variance); });
}

void forward(benchmark::State &state, const Stage &stage) {
    Images images(state, stage);
    const BatchNormForward arguments{.x = images.tensor(),
                                     .scale = images.factors,
                                     .shift = images.factors,
                                     .clamp = relu,
                                     .quantized = images.tensor(),
                                     .quantizer = dsq_2_bits};
    time_sweeps(state, images.shape.size(), 4 + 4, [&] { return batch_norm(arguments); });
}

void forward_residual(benchmark::State &state, const Stage &stage) {
    Images images(state, stage);
    const BatchNormForward arguments{.x = images.tensor(),
                                     .scale = images.factors,
                                     .shift = images.factors,
                                     .residual = images.tensor(),
                                     .clamp = relu,
                                     .output = images.tensor(),
                                     .quantized = images.tensor(),
                                     .quantizer = dsq_2_bits};
    time_sweeps(state, images.shape.size(), 4 * 4, [&] { return batch_norm(arguments); });
}

/// Of `forward`, or with its output saved and used elsewhere too: of `forward_residual`.
void backward(benchmark::State &state, const Stage &stage, const Quantizer &quantizer, bool residual) {
    Images images(state, stage);
    Tensor grad_scale(images.factors.size()), grad_shift(images.factors.size());
    ParameterGradients gradients;
    const bool quantized = quantizer.method != Method::none;
    const TensorView<float> none;
    const BatchNormBackward arguments{.x = images.tensor(),
                                      .scale = images.factors,
                                      .shift = images.factors,
                                      .mean = images.factors,
                                      .inverse_deviation = images.factors,
                                      .output = residual ? images.tensor() : none,
                                      .clamp = relu,
                                      .grad_output = residual || !quantized ? images.tensor() : none,
                                      .grad_quantized = quantized ? images.tensor() : none,
                                      .quantizer = quantizer,
                                      .grad_sum = images.tensor(),
                                      .grad_scale = grad_scale,
                                      .grad_shift = grad_shift,
                                      .quantizer_gradients = &gradients};
    time_sweeps(state, images.shape.size(), 4 * images.memory.size(), [&] { return batch_norm_backward(arguments); });
}

void backward_input(benchmark::State &state, const Stage &stage) {
    Images images(state, stage);
    const BatchNormBackwardInput arguments{.x = images.tensor(),
                                           .grad_sum = images.tensor(),
                                           .scale = images.factors,
                                           .mean = images.factors,
                                           .inverse_deviation = images.factors,
                                           .grad_scale = images.factors,
                                           .grad_shift = images.factors,
                                           .grad_x = images.tensor()};
    time_sweeps(state, images.shape.size(), 4 + 4 + 4, [&] { return batch_norm_backward_input(arguments); });
}

#define DSQ_MEASURE(function, name, ...) BENCHMARK_CAPTURE(function, name, __VA_ARGS__)->Apply(both_sizes)
#define DSQ_STAGE(name, ...)                                                            \
    DSQ_MEASURE(statistics, name, Stage __VA_ARGS__);                                   \
    DSQ_MEASURE(forward, name, Stage __VA_ARGS__);                                      \
    DSQ_MEASURE(forward_residual, name, Stage __VA_ARGS__);                             \
    DSQ_MEASURE(backward, name##_dsq, Stage __VA_ARGS__, dsq_2_bits, false);            \
    DSQ_MEASURE(backward, name##_dsq_residual, Stage __VA_ARGS__, dsq_2_bits, true);    \
    DSQ_MEASURE(backward, name##_ste, Stage __VA_ARGS__, ste, false);                   \
    DSQ_MEASURE(backward, name##_no_quantizer, Stage __VA_ARGS__, no_quantizer, false); \
    DSQ_MEASURE(backward_input, name, Stage __VA_ARGS__)

DSQ_STAGE(resnet20_stage1, {16, 32});
DSQ_STAGE(resnet20_stage2, {32, 16});
DSQ_STAGE(resnet20_stage3, {64, 8});
DSQ_STAGE(vgg_small_2, {128, 32});

}  // namespace
}  // namespace dsq::bench

BENCHMARK_MAIN();
