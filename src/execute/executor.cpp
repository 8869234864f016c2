#include "execute/executor.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "operators/add.h"
#include "operators/cross_entropy.h"

namespace dsq {
namespace {

bool is_finite(const TensorView<float> &tensor) {
    const auto row = static_cast<std::ptrdiff_t>(tensor.channels) * tensor.width;
    for (int n = 0; n < tensor.batch; ++n) {
        for (int y = 0; y < tensor.height; ++y) {
            const float *first = tensor.data + n * tensor.image_stride() + y * tensor.row_stride();
            if (!std::all_of(first, first + row, [](float value) { return std::isfinite(value); })) return false;
        }
    }
    return true;
}

}  // namespace

Status Executor::open(const Model &model, int largest_batch) {
    if (largest_batch < 1) {
        return {ErrorCode::invalid_argument, "batch size: expected at least 1, found " + std::to_string(largest_batch)};
    }
    if (Status status = parameters_.open(model); !status.ok()) return status;
    tensors_ = {};
    plan_ = plan_steps(parameters_, tensors_);
    tensors_.allocate(largest_batch);
    largest_batch_ = largest_batch;
    losses_.resize(static_cast<std::size_t>(largest_batch));
    predictions_.resize(static_cast<std::size_t>(largest_batch));
    return {};
}

Status Executor::forward(std::span<const float> images, int count, Mode mode, Rounding rounding) {
    const Shape &shape = parameters_.network().input;
    const std::size_t expected = std::size_t(shape.channels) * std::size_t(shape.width) * std::size_t(shape.height) *
                                 static_cast<std::size_t>(std::max(count, 0));
    if (count < 1 || count > largest_batch_ || images.size() != expected) {
        return {ErrorCode::mismatched_buffers,
                "images: expected 1 to " + std::to_string(largest_batch_) + " of " + std::to_string(expected) +
                    " numbers in all, found " + std::to_string(count) + " and " + std::to_string(images.size())};
    }
    tensors_.set_batch(count);
    tensors_.set_external(plan_.images, images.data());
    Execution execution{tensors_, parameters_, mode, rounding};
    for (const auto &step : plan_.steps) {
        if (Status status = step->forward(execution); !status.ok()) return status;
    }
    return {};
}

Status Executor::loss(std::span<const std::uint8_t> labels, float smoothing, BatchLoss &loss) {
    const auto count = static_cast<std::size_t>(tensors_.batch());
    const std::span<float> losses(losses_.data(), count);
    const std::span<std::int32_t> predictions(predictions_.data(), count);
    const Status status = cross_entropy(
        tensors_.view(plan_.logits), labels, smoothing, losses, predictions, tensors_.view(plan_.grad_logits));
    if (!status.ok()) return status;
    loss.loss = std::accumulate(losses.begin(), losses.end(), 0.0) / static_cast<double>(count);
    loss.correct = 0;
    for (std::size_t n = 0; n < count; ++n) loss.correct += predictions[n] == labels[n] ? 1 : 0;
    return {};
}

Status Executor::backward() {
    Execution execution{tensors_, parameters_, Mode::train};
    for (std::size_t s = plan_.steps.size(); s-- > 0;) {
        for (const GradientSum &sum : plan_.sums[s]) {
            const Status status = add(tensors_.view(sum.first), tensors_.view(sum.second), tensors_.view(sum.target));
            if (!status.ok()) return status;
        }
        if (Status status = plan_.steps[s]->backward(execution); !status.ok()) return status;
    }
    return {};
}

std::span<const float> Executor::logits() const {
    const TensorView<float> view = tensors_.view(plan_.logits);
    return {view.data, view.size()};
}

TensorView<const float> Executor::quantized_input(int layer) const {
    return view_of(plan_.quantized_inputs[static_cast<std::size_t>(layer)]);
}

TensorView<const float> Executor::output(int layer) const {
    return view_of(plan_.values[static_cast<std::size_t>(layer)]);
}

TensorView<const float> Executor::view_of(int tensor) const {
    return tensor == no_tensor ? TensorView<const float>{} : tensors_.view(tensor);
}

Model Executor::model() const {
    return {parameters_.network(), parameters_.tensors()};
}

std::string Executor::first_non_finite_layer() const {
    for (std::size_t s = 0; s < plan_.steps.size(); ++s) {
        if (!is_finite(tensors_.view(plan_.outputs[s]))) {
            return parameters_.network().layers[static_cast<std::size_t>(plan_.layers[s])].name;
        }
    }
    return {};
}

}  // namespace dsq
