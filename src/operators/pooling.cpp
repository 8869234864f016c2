#include "operators/pooling.h"

#include <algorithm>
#include <string>

#include "dsq_average_pool.h"
#include "dsq_average_pool_backward.h"
#include "dsq_max_pool.h"
#include "dsq_max_pool_backward.h"
#include "operators/tensor_buffer.h"
#include "operators/tensor_check.h"
#include "runtime/kernel_call.h"

namespace dsq {
namespace {

// Positions in a window are counted in 16 bits.
constexpr int largest_window = 255;

Status check_between(const char *name, int value, int least, int most) {
    if (value >= least && value <= most) return {};
    return {ErrorCode::invalid_argument,
            std::string(name) + " = " + std::to_string(value) + ": expected " + std::to_string(least) + " to " +
                std::to_string(most)};
}

// A window holds at least one pixel, and an image at least one window.
Status check_shape(const PoolShape &shape, const NamedView &images) {
    if (Status status = check_between("kernel", shape.kernel, 1, largest_window); !status.ok()) return status;
    if (Status status = check_between("stride", shape.stride, 1, largest_window); !status.ok()) return status;
    if (Status status = check_between("padding", shape.padding, 0, shape.kernel - 1); !status.ok()) return status;
    const int least = std::max(shape.kernel - 2 * shape.padding, 1);
    if (images.width < least || images.height < least) {
        return {ErrorCode::invalid_argument,
                std::string(images.name) + ": images of " + std::to_string(images.width) + "x" +
                    std::to_string(images.height) + ", expected at least " + std::to_string(least) + "x" +
                    std::to_string(least) + " for a kernel of " + std::to_string(shape.kernel)};
    }
    return {};
}

// `windows` has one pixel for each window of `images`.
Status check(const PoolShape &shape, const NamedView &images, const NamedView &windows) {
    if (Status status = check_tensor_views({images, windows}); !status.ok()) return status;
    if (Status status = check_shape(shape, images); !status.ok()) return status;
    const int width = pool_output_extent(images.width, shape), height = pool_output_extent(images.height, shape);
    return check_extents(windows, {images.channels, width, height, images.batch}, images);
}

}  // namespace

Status max_pool(const PoolShape &shape, TensorView<const float> input, TensorView<float> output) {
    if (Status status = check(shape, {"input", input}, {"output", output}); !status.ok()) return status;
    if (output.size() == 0) return {};
    return runtime::call_kernel("max_pool", [&] {
        return dsq_max_pool(buffer(input), shape.kernel, shape.stride, shape.padding, buffer(output));
    });
}

Status max_pool_backward(const PoolShape &shape,
                         TensorView<const float> input,
                         TensorView<const float> grad_output,
                         TensorView<float> grad_input) {
    const NamedView gradient{"grad_input", grad_input}, of{"input", input};
    if (Status status = check(shape, of, {"grad_output", grad_output}); !status.ok()) return status;
    if (Status status = check_tensor_views({gradient}); !status.ok()) return status;
    if (Status status = check_extents(gradient, {of.channels, of.width, of.height, of.batch}, of); !status.ok()) {
        return status;
    }
    if (input.size() == 0) return {};
    return runtime::call_kernel("max_pool_backward", [&] {
        return dsq_max_pool_backward(
            buffer(input), buffer(grad_output), shape.kernel, shape.stride, shape.padding, buffer(grad_input));
    });
}

Status average_pool(const PoolShape &shape, TensorView<const float> input, TensorView<float> output) {
    if (Status status = check(shape, {"input", input}, {"output", output}); !status.ok()) return status;
    if (output.size() == 0) return {};
    return runtime::call_kernel("average_pool", [&] {
        return dsq_average_pool(buffer(input), shape.kernel, shape.stride, shape.padding, buffer(output));
    });
}

Status average_pool_backward(const PoolShape &shape,
                             TensorView<const float> grad_output,
                             TensorView<float> grad_input) {
    if (Status status = check(shape, {"grad_input", grad_input}, {"grad_output", grad_output}); !status.ok()) {
        return status;
    }
    if (grad_input.size() == 0) return {};
    return runtime::call_kernel("average_pool_backward", [&] {
        return dsq_average_pool_backward(
            buffer(grad_output), shape.kernel, shape.stride, shape.padding, buffer(grad_input));
    });
}

}  // namespace dsq
