#include "dsq_global_average_pool.h"
#include "dsq_global_average_pool_backward.h"
#include "operators/pooling.h"
#include "operators/tensor_buffer.h"
#include "operators/tensor_check.h"
#include "runtime/kernel_call.h"

namespace dsq {
namespace {

// `pixel` has one pixel for each image of `images`, which have at least one.
Status check(const NamedView &images, const NamedView &pixel) {
    if (Status status = check_tensor_views({images, pixel}); !status.ok()) return status;
    if (images.width == 0 || images.height == 0) {
        return {ErrorCode::invalid_argument, std::string(images.name) + ": images without a pixel have no mean"};
    }
    return check_extents(pixel, {images.channels, 1, 1, images.batch}, images);
}

}  // namespace

Status global_average_pool(TensorView<const float> input, TensorView<float> output) {
    if (Status status = check({"input", input}, {"output", output}); !status.ok()) return status;
    if (output.size() == 0) return {};
    return runtime::call_kernel("global_average_pool",
                                [&] { return dsq_global_average_pool(buffer(input), buffer(output)); });
}

Status global_average_pool_backward(TensorView<const float> grad_output, TensorView<float> grad_input) {
    if (Status status = check({"grad_input", grad_input}, {"grad_output", grad_output}); !status.ok()) return status;
    if (grad_input.size() == 0) return {};
    return runtime::call_kernel("global_average_pool_backward", [&] {
        return dsq_global_average_pool_backward(buffer(grad_output), buffer(grad_input));
    });
}

}  // namespace dsq
