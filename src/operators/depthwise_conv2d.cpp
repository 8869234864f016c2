#include "operators/depthwise_conv2d.h"

#include <string>

#include "dsq_depthwise_conv2d_3x3_s1.h"
#include "dsq_depthwise_conv2d_3x3_s2.h"
#include "dsq_depthwise_conv2d_backward_input_3x3_s1.h"
#include "dsq_depthwise_conv2d_backward_input_3x3_s2.h"
#include "dsq_depthwise_conv2d_backward_weight_3x3_s1.h"
#include "dsq_depthwise_conv2d_backward_weight_3x3_s2.h"
#include "operators/tensor_buffer.h"
#include "operators/tensor_check.h"
#include "runtime/kernel_call.h"

namespace dsq {
namespace {

using Weights = Halide::Runtime::Buffer<float, 3>;

Status check_shape(const Conv2dShape &shape) {
    if (shape.kernel == 3 && (shape.stride == 1 || shape.stride == 2)) return {};
    return {ErrorCode::invalid_argument,
            "depthwise_conv2d: no kernel for extent " + std::to_string(shape.kernel) + ", stride " +
                std::to_string(shape.stride) + "; there are, as extent/stride: 3/1, 3/2"};
}

// `output` is what a layer of that shape makes of `input`, and `padded`, one of them, has a border to read.
Status check(const Conv2dShape &shape,
             const NamedView &input,
             const NamedView &output,
             const NamedView &padded,
             const char *weights_name,
             const float *weights) {
    if (Status status = check_tensor_views({input, output}); !status.ok()) return status;
    if (weights == nullptr) {
        return {ErrorCode::mismatched_buffers, std::string(weights_name) + ": a null pointer"};
    }
    if (Status status = check_shape(shape); !status.ok()) return status;
    if (padded.border < shape.padding()) {
        return {ErrorCode::mismatched_buffers,
                std::string(padded.name) + ": a border of " + std::to_string(padded.border) +
                    " pixels, expected at least " + std::to_string(shape.padding())};
    }
    const int width = conv2d_output_extent(input.width, shape), height = conv2d_output_extent(input.height, shape);
    return check_extents(output, {input.channels, width, height, input.batch}, input);
}

// The kernel reads its inputs through the same mutable type; it does not write to them.
Weights matrix(const float *weights, int channels, int kernel) {
    return Weights(const_cast<float *>(weights), channels, kernel, kernel);
}

}  // namespace

Status depthwise_conv2d(const Conv2dShape &shape,
                        TensorView<const float> input,
                        const float *weights,
                        TensorView<float> output) {
    const NamedView from{"input", input};
    if (Status status = check(shape, from, {"output", output}, from, "weights", weights); !status.ok()) return status;
    if (output.size() == 0) return {};
    const auto kernel = shape.stride == 1 ? dsq_depthwise_conv2d_3x3_s1 : dsq_depthwise_conv2d_3x3_s2;
    return runtime::call_kernel("depthwise_conv2d", [&] {
        return kernel(buffer(input, shape.padding()), matrix(weights, input.channels, shape.kernel), buffer(output));
    });
}

Status depthwise_conv2d_backward_input(const Conv2dShape &shape,
                                       TensorView<const float> grad_output,
                                       const float *weights,
                                       TensorView<float> grad_input) {
    const NamedView from{"grad_output", grad_output};
    if (Status status = check(shape, {"grad_input", grad_input}, from, from, "weights", weights); !status.ok()) {
        return status;
    }
    if (grad_input.size() == 0) return {};
    const auto kernel =
        shape.stride == 1 ? dsq_depthwise_conv2d_backward_input_3x3_s1 : dsq_depthwise_conv2d_backward_input_3x3_s2;
    return runtime::call_kernel("depthwise_conv2d_backward_input", [&] {
        return kernel(buffer(grad_output, shape.padding()),
                      matrix(weights, grad_input.channels, shape.kernel),
                      buffer(grad_input));
    });
}

Status depthwise_conv2d_backward_weight(const Conv2dShape &shape,
                                        TensorView<const float> input,
                                        TensorView<const float> grad_output,
                                        float *grad_weights) {
    const NamedView from{"input", input};
    if (Status status = check(shape, from, {"grad_output", grad_output}, from, "grad_weights", grad_weights);
        !status.ok()) {
        return status;
    }
    if (input.channels == 0) return {};
    const auto kernel =
        shape.stride == 1 ? dsq_depthwise_conv2d_backward_weight_3x3_s1 : dsq_depthwise_conv2d_backward_weight_3x3_s2;
    return runtime::call_kernel("depthwise_conv2d_backward_weight", [&] {
        return kernel(
            buffer(input, shape.padding()), buffer(grad_output), matrix(grad_weights, input.channels, shape.kernel));
    });
}

}  // namespace dsq
