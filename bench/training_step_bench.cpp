/// A whole step of training, forward, backward and optimizer, of ResNet-20 on CIFAR-sized images at batch 128.
#include <benchmark/benchmark.h>

#include "bench_support.h"
#include "execute/executor.h"
#include "train/model_setup.h"
#include "train/optimizer_groups.h"

namespace dsq::bench {
namespace {

Recipe recipe_of(const std::string &method) {
    Recipe recipe;
    recipe.data.mean = {0.0F, 0.0F, 0.0F};
    recipe.data.deviation = {1.0F, 1.0F, 1.0F};
    if (method != "none") {
        recipe.quantization.weights.method = recipe.quantization.activations.method = method;
        recipe.quantization.weights.bits = recipe.quantization.activations.bits = 2;
    }
    return recipe;
}

/// The multiplications of the convolutions and products of a step: forward, by weights, by inputs (not the image's).
double step_macs(const Network &network) {
    std::vector<Shape> shapes;
    if (!infer_shapes(network, shapes).ok()) return 0;
    Network first = network;
    first.layers.resize(2);
    std::vector<Shape> first_shapes(shapes.begin(), shapes.begin() + 2);
    return 3 * count_macs(network, shapes) - count_macs(first, first_shapes);
}

void training_step(benchmark::State &state, const std::string &method) {
    const int batch = is_large(state) ? 128 : 2;
    const Recipe recipe = recipe_of(method);
    Model model;
    Executor executor;
    Status status = create_model(recipe, {3, 32, 32}, 10, model);
    if (status.ok()) status = executor.open(model, batch);
    const Tensor images = random_tensor(Values::normal, std::size_t{3} * 32 * 32 * static_cast<std::size_t>(batch), 1);
    const std::vector<std::uint8_t> labels(static_cast<std::size_t>(batch), 3);
    if (status.ok()) status = executor.forward(images, batch, Mode::calibrate);
    if (!status.ok()) return state.SkipWithError(status.message().c_str());
    OptimizerGroups optimizer(recipe, executor.parameters());
    std::int64_t step = 0;
    time_calls(state, [&] {
        BatchLoss loss;
        Status result = executor.forward(images, batch, Mode::train);
        if (result.ok()) result = executor.loss(labels, 0.0F, loss);
        if (result.ok()) result = executor.backward();
        return result.ok() ? optimizer.step(step++, 1000, executor.parameters()) : result;
    });
    state.SetItemsProcessed(state.iterations() * batch);
    state.counters["macs_per_image"] = step_macs(model.network);
    state.counters["tensor_bytes"] = static_cast<double>(executor.memory());
}

BENCHMARK_CAPTURE(training_step, resnet20_float, "none")->Apply(both_sizes);
BENCHMARK_CAPTURE(training_step, resnet20_2bit_dsq, "dsq")->Apply(both_sizes);

}  // namespace
}  // namespace dsq::bench

BENCHMARK_MAIN();
