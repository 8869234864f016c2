#include "operators/cross_entropy.h"

#include <HalideBuffer.h>

#include <string>

#include "dsq_cross_entropy.h"
#include "dsq_cross_entropy_backward.h"
#include "operators/tensor_check.h"
#include "quantize/tensor.h"
#include "runtime/kernel_call.h"

namespace dsq {
namespace {

Status check_per_image(const NamedTensor &tensor, int batch) {
    if (tensor.size != static_cast<std::size_t>(batch)) {
        return {ErrorCode::mismatched_buffers,
                std::string(tensor.name) + ": " + std::to_string(tensor.size) + " elements, expected " +
                    std::to_string(batch) + ", one an image"};
    }
    if (tensor.data == nullptr && batch > 0) {
        return {ErrorCode::mismatched_buffers, std::string(tensor.name) + ": a null pointer"};
    }
    return {};
}

Status check_labels(std::span<const std::uint8_t> labels, int classes) {
    for (std::size_t n = 0; n < labels.size(); ++n) {
        if (labels[n] >= classes) {
            return {ErrorCode::invalid_argument,
                    "labels: " + std::to_string(labels[n]) + " at " + std::to_string(n) + ", expected less than " +
                        std::to_string(classes)};
        }
    }
    return {};
}

Status check(const TensorView<const float> &logits,
             std::span<const std::uint8_t> labels,
             float smoothing,
             std::initializer_list<NamedTensor> per_image,
             const TensorView<float> &grad_logits) {
    const NamedView named{"logits", logits};
    if (Status status = check_tensor_views({named}); !status.ok()) return status;
    if (Status status = check_extents(named, {logits.channels, 1, 1, logits.batch}, named); !status.ok()) {
        return status;
    }
    if (grad_logits.data != nullptr) {
        const NamedView gradient{"grad_logits", grad_logits};
        if (Status status = check_tensor_views({gradient}); !status.ok()) return status;
        if (Status status = check_extents(gradient, {logits.channels, 1, 1, logits.batch}, named); !status.ok()) {
            return status;
        }
    }
    for (const NamedTensor &tensor : per_image) {
        if (Status status = check_per_image(tensor, logits.batch); !status.ok()) return status;
    }
    if (!(smoothing >= 0.0F && smoothing < 1.0F)) {
        return {ErrorCode::invalid_argument,
                "smoothing = " + std::to_string(smoothing) + ": expected at least 0 and less than 1"};
    }
    return check_labels(labels, logits.channels);
}

// (class, image)
template <typename Element>
Halide::Runtime::Buffer<float, 2> matrix(const TensorView<Element> &tensor) {
    const halide_dimension_t dimensions[] = {{0, tensor.channels, 1},
                                             {0, tensor.batch, static_cast<int>(tensor.image_stride())}};
    return Halide::Runtime::Buffer<float, 2>(const_cast<float *>(tensor.data), 2, dimensions);
}

}  // namespace

Status cross_entropy(TensorView<const float> logits,
                     std::span<const std::uint8_t> labels,
                     float smoothing,
                     std::span<float> losses,
                     std::span<std::int32_t> predictions,
                     TensorView<float> grad_logits) {
    if (Status status = check(logits,
                              labels,
                              smoothing,
                              {{"labels", labels}, {"losses", losses}, {"predictions", predictions}},
                              grad_logits);
        !status.ok()) {
        return status;
    }
    if (logits.batch == 0) return {};
    return runtime::call_kernel("cross_entropy", [&] {
        if (grad_logits.data == nullptr) {
            return dsq_cross_entropy(matrix(logits), view(labels), smoothing, view(losses), view(predictions));
        }
        return dsq_cross_entropy_backward(
            matrix(logits), view(labels), smoothing, view(losses), view(predictions), matrix(grad_logits));
    });
}

}  // namespace dsq
