#include "conv2d_kernels.h"
#include "operators/conv2d.h"
#include "operators/conv2d_check.h"
#include "operators/tensor_buffer.h"
#include "runtime/kernel_call.h"

namespace dsq {
namespace {

struct BackwardWeightKernel {
    int (*run)(halide_buffer_t *input, halide_buffer_t *grad_output, int slices, halide_buffer_t *grad_weights);
    int kernel;  // 0: any
    int stride;
    int block_out_channels;
    int block_in_channels;
    int most_in_channels;  // 0: no limit
};

constexpr BackwardWeightKernel kernels[] = {
#include "conv2d_backward_weight_kernels.inc"
};

const BackwardWeightKernel *find_kernel(const Conv2dShape &shape, int in_channels, int out_channels) {
    for (const BackwardWeightKernel &kernel : kernels) {
        const bool channels_fit = out_channels % kernel.block_out_channels == 0 &&
                                  in_channels % kernel.block_in_channels == 0 &&
                                  (kernel.most_in_channels == 0 || in_channels <= kernel.most_in_channels);
        const bool fits = kernel.kernel == 0 || (kernel.kernel == shape.kernel && channels_fit);
        if (fits && kernel.stride == shape.stride) return &kernel;
    }
    return nullptr;
}

Status check(const Conv2dShape &shape,
             const TensorView<const float> &input,
             const TensorView<const float> &grad_output) {
    for (const Status &status : {check_pointer("input", input.data),
                                 check_pointer("grad_output", grad_output.data),
                                 check_shape(shape),
                                 check_border("input", input, shape.padding())}) {
        if (!status.ok()) return status;
    }
    return check_extents(shape, "input", input, "grad_output", grad_output);
}

}  // namespace

Status conv2d_backward_weight(const Conv2dShape &shape,
                              TensorView<const float> input,
                              TensorView<const float> grad_output,
                              float *grad_weights) {
    if (Status status = check(shape, input, grad_output); !status.ok()) return status;
    if (Status status = check_pointer("grad_weights", grad_weights); !status.ok()) return status;
    const BackwardWeightKernel *kernel = find_kernel(shape, input.channels, grad_output.channels);
    if (kernel == nullptr) {
        return {ErrorCode::invalid_argument,
                "conv2d_backward_weight: no kernel for " + text(shape) + ", input " + extents(input) +
                    ", grad_output " + extents(grad_output) +
                    "; there are for any channels and kernel, strides 1 and 2"};
    }
    TensorBuffer<float> gradient(grad_weights, grad_output.channels, input.channels, shape.kernel, shape.kernel);
    return runtime::call_kernel("conv2d_backward_weight", [&] {
        return kernel->run(buffer(input, shape.padding()),
                           buffer(grad_output),
                           backward_weight_slices(grad_output.channels, grad_output.batch),
                           gradient);
    });
}

Status conv2d_backward_padding(const Conv2dShape &shape,
                               TensorView<const float> grad_output,
                               int in_width,
                               int in_height,
                               int in_channels,
                               const float *weights,
                               double &grad_padding) {
    const TensorView<const float> input{
        grad_output.data, in_channels, in_width, in_height, grad_output.batch, shape.padding()};
    if (Status status = check(shape, input, grad_output); !status.ok()) return status;
    if (Status status = check_pointer("weights", weights); !status.ok()) return status;
    TensorBuffer<float> taps(
        const_cast<float *>(weights), grad_output.channels, in_channels, shape.kernel, shape.kernel);
    auto gradient = Halide::Runtime::Buffer<double, 0>::make_scalar(&grad_padding);
    return runtime::call_kernel("conv2d_backward_padding", [&] {
        return dsq_conv2d_backward_padding(buffer(grad_output), taps, in_width, in_height, shape.stride, gradient);
    });
}

}  // namespace dsq
