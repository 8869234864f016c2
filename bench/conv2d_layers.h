/// The convolutions of ResNet-20, VGG-Small and ResNet-18 at a training batch, and their passes as benchmarks.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include <benchmark/benchmark.h>

#include "bench_support.h"
#include "operators/conv2d.h"

namespace dsq::bench {

enum class Pass { forward, backward_input, backward_weight };

struct Conv2dLayer {
    const char *name = "";
    int in_channels = 0;
    int out_channels = 0;
    int extent = 0;  ///< width and height of the input
    Conv2dShape shape;
    int batch = 128;

    /// No gradient goes to pixels.
    bool is_first() const {
        return in_channels == 3;
    }
    int out_extent() const {
        return conv2d_output_extent(extent, shape);
    }
    std::int64_t macs_per_image() const {
        return std::int64_t(out_extent()) * out_extent() * out_channels * in_channels * shape.kernel * shape.kernel;
    }
};

inline constexpr std::array conv2d_layers = {
    Conv2dLayer{"resnet20_first", 3, 16, 32, {3, 1}},
    Conv2dLayer{"resnet20_stage1", 16, 16, 32, {3, 1}},
    Conv2dLayer{"resnet20_stage2_first", 16, 32, 32, {3, 2}},
    Conv2dLayer{"resnet20_stage2", 32, 32, 16, {3, 1}},
    Conv2dLayer{"resnet20_stage3_first", 32, 64, 16, {3, 2}},
    Conv2dLayer{"resnet20_stage3", 64, 64, 8, {3, 1}},
    Conv2dLayer{"vgg_small_1", 3, 128, 32, {3, 1}},
    Conv2dLayer{"vgg_small_2", 128, 128, 32, {3, 1}},
    Conv2dLayer{"vgg_small_3", 128, 256, 16, {3, 1}},
    Conv2dLayer{"vgg_small_4", 256, 256, 16, {3, 1}},
    Conv2dLayer{"vgg_small_5", 256, 512, 8, {3, 1}},
    Conv2dLayer{"vgg_small_6", 512, 512, 8, {3, 1}},
    Conv2dLayer{"resnet18_first", 3, 64, 224, {7, 2}, 16},
    Conv2dLayer{"resnet18_stage1", 64, 64, 56, {3, 1}, 16},
    Conv2dLayer{"resnet18_stage2_first", 64, 128, 56, {3, 2}, 16},
    Conv2dLayer{"resnet18_stage2_shortcut", 64, 128, 56, {1, 2}, 16},
    Conv2dLayer{"resnet18_stage2", 128, 128, 28, {3, 1}, 16},
    Conv2dLayer{"resnet18_stage3_first", 128, 256, 28, {3, 2}, 16},
    Conv2dLayer{"resnet18_stage3", 256, 256, 14, {3, 1}, 16},
    Conv2dLayer{"resnet18_stage4_first", 256, 512, 14, {3, 2}, 16},
    Conv2dLayer{"resnet18_stage4", 512, 512, 7, {3, 1}, 16},
};

/// Times a pass of a layer at this batch.
using RunPass = void (*)(benchmark::State &state, Pass pass, const Conv2dLayer &layer, int batch);

/// The main function of a program that times all passes of all layers, as benchmarks "<pass>/<layer>".
inline int run_conv2d_benchmarks(int argc, char **argv, RunPass run) {
    const auto add = [run](const char *pass_name, Pass pass, const Conv2dLayer &layer) {
        const auto time_pass = [=](benchmark::State &state) {
            const int batch = is_large(state) ? layer.batch : 2;
            run(state, pass, layer, batch);
            state.SetItemsProcessed(state.iterations() * layer.macs_per_image() * batch);
        };
        const std::string name = std::string(pass_name) + "/" + layer.name;
        both_sizes(benchmark::RegisterBenchmark(name.c_str(), time_pass));
    };
    for (const Conv2dLayer &layer : conv2d_layers) {
        add("forward", Pass::forward, layer);
        add("backward_weight", Pass::backward_weight, layer);
        if (!layer.is_first()) {
            add("backward_input", Pass::backward_input, layer);
        }
    }
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) {
        return 1;
    }
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    return 0;
}

}  // namespace dsq::bench
