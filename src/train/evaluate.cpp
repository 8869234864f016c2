#include "train/evaluate.h"

#include <chrono>
#include <numeric>
#include <string>
#include <vector>

#include "compile/lower.h"
#include "data/batches.h"
#include "model/integer_interpreter.h"
#include "operators/cross_entropy.h"

namespace dsq {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

bool has_graph(const Model &model, IntegerGraph &graph) {
    return lower(model, graph).ok() && validate(graph).ok();
}

Status evaluate_graph(const IntegerGraph &graph, const DataSet &data_set, Evaluation &evaluation) {
    const Clock::time_point start = Clock::now();
    const auto images = static_cast<std::size_t>(data_set.count);
    std::vector<float> logits, losses(images);
    std::vector<std::int32_t> predictions(images);
    Status status = interpret_logits(graph, data_set.pixels, data_set.count, logits);
    const int classes = graph.tensors[static_cast<std::size_t>(graph.logits)].shape.channels;
    const TensorView<const float> view{logits.data(), classes, 1, 1, data_set.count};
    if (status.ok()) status = cross_entropy(view, data_set.labels, 0.0F, losses, predictions, {});
    if (!status.ok()) return status;
    evaluation = {.images = data_set.count, .of_integers = true};
    for (std::size_t n = 0; n < images; ++n) evaluation.correct += predictions[n] == data_set.labels[n] ? 1 : 0;
    if (images > 0) evaluation.loss = std::accumulate(losses.begin(), losses.end(), 0.0) / data_set.count;
    evaluation.seconds = seconds_since(start);
    return {};
}

}  // namespace

Status check_fits(const Network &network, const DataSet &data_set) {
    std::vector<Shape> shapes;
    if (Status status = infer_shapes(network, shapes); !status.ok()) return status;
    const Shape found{data_set.channels, data_set.width, data_set.height};
    const auto text = [](const Shape &shape, int classes) {
        return "images " + std::to_string(shape.channels) + "x" + std::to_string(shape.width) + "x" +
               std::to_string(shape.height) + " of " + std::to_string(classes) + " classes";
    };
    const int classes = shapes.back().channels;
    if (found == network.input && data_set.classes <= classes) return {};
    return {ErrorCode::invalid_argument,
            "data set " + data_set.name + ": expected " + text(network.input, classes) + " for network " +
                network.name + ", found " + text(found, data_set.classes)};
}

Status evaluate(const Model &model, const DataSet &data_set, int batch_size, Evaluation &evaluation) {
    IntegerGraph graph;
    if (!has_graph(model, graph)) return simulate(model, data_set, batch_size, evaluation);
    const Status status = check_fits(model.network, data_set);
    return status.ok() ? evaluate_graph(graph, data_set, evaluation) : status;
}

Status evaluate(Executor &executor, const DataSet &data_set, int batch_size, Evaluation &evaluation) {
    IntegerGraph graph;
    const Model model = executor.model();
    if (!has_graph(model, graph)) return simulate(executor, data_set, batch_size, evaluation);
    const Status status = check_fits(model.network, data_set);
    return status.ok() ? evaluate_graph(graph, data_set, evaluation) : status;
}

Status simulate(const Model &model, const DataSet &data_set, int batch_size, Evaluation &evaluation) {
    Executor executor;
    const Status status = executor.open(model, batch_size);
    return status.ok() ? simulate(executor, data_set, batch_size, evaluation) : status;
}

Status simulate(Executor &executor, const DataSet &data_set, int batch_size, Evaluation &evaluation) {
    const Network &network = executor.parameters().network();
    if (Status status = check_fits(network, data_set); !status.ok()) return status;
    Batches batches;
    Status status =
        batches.open(data_set, {.batch_size = batch_size, .mean = network.mean, .deviation = network.deviation});
    if (status.ok()) status = batches.start(0);
    const Clock::time_point start = Clock::now();
    Evaluation sums;
    Batch batch;
    while (status.ok() && batches.next(batch)) {
        BatchLoss loss;
        status = executor.forward(batch.values, batch.count, Mode::evaluate);
        if (status.ok()) status = executor.loss(batch.labels, 0.0F, loss);
        sums.images += batch.count;
        sums.correct += loss.correct;
        sums.loss += loss.loss * batch.count;
    }
    if (!status.ok()) return status;
    if (sums.images > 0) sums.loss /= sums.images;
    sums.seconds = seconds_since(start);
    evaluation = sums;
    return {};
}

}  // namespace dsq
