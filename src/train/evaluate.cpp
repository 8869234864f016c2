#include "train/evaluate.h"

#include <chrono>
#include <string>

#include "data/batches.h"

namespace dsq {

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
    Executor executor;
    const Status status = executor.open(model, batch_size);
    return status.ok() ? evaluate(executor, data_set, batch_size, evaluation) : status;
}

Status evaluate(Executor &executor, const DataSet &data_set, int batch_size, Evaluation &evaluation) {
    const Network &network = executor.parameters().network();
    if (Status status = check_fits(network, data_set); !status.ok()) return status;
    Batches batches;
    Status status =
        batches.open(data_set, {.batch_size = batch_size, .mean = network.mean, .deviation = network.deviation});
    if (status.ok()) status = batches.start(0);
    const auto start = std::chrono::steady_clock::now();
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
    sums.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    evaluation = sums;
    return {};
}

}  // namespace dsq
