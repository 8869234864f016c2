#include "operators/conv2d.h"

#include <string>

#include "conv2d_kernels.h"
#include "operators/tensor_buffer.h"
#include "runtime/kernel_call.h"

namespace dsq {
namespace {

struct Conv2dKernel {
    int (*run)(halide_buffer_t *input, halide_buffer_t *weights, halide_buffer_t *output);
    int in_channels;
    int kernel;
    int stride;
    int tile_channels;
    int tile_pixels;
};

constexpr Conv2dKernel conv2d_kernels[] = {
#include "conv2d_kernels.inc"
};

const Conv2dKernel *find_kernel(const Conv2dShape &shape, int in_channels, const TensorView<float> &output) {
    for (const Conv2dKernel &kernel : conv2d_kernels) {
        if (kernel.in_channels == in_channels && kernel.kernel == shape.kernel && kernel.stride == shape.stride &&
            output.channels % kernel.tile_channels == 0 && output.width >= kernel.tile_pixels) {
            return &kernel;
        }
    }
    return nullptr;
}

std::string text(const char *name, int channels, int width, int height, int batch) {
    return std::string(name) + " " + std::to_string(channels) + "x" + std::to_string(width) + "x" +
           std::to_string(height) + "x" + std::to_string(batch);
}

Status no_kernel(const Conv2dShape &shape, int in_channels, const TensorView<float> &output) {
    std::string message = "conv2d: no kernel for " + std::to_string(in_channels) + " channels, kernel " +
                          std::to_string(shape.kernel) + ", stride " + std::to_string(shape.stride) + ", " +
                          text("output", output.channels, output.width, output.height, output.batch) +
                          "; there are, as channels/kernel/stride for multiples of output channels and a least width:";
    for (const Conv2dKernel &k : conv2d_kernels) {
        message += " " + std::to_string(k.in_channels) + "/" + std::to_string(k.kernel) + "/" +
                   std::to_string(k.stride) + " for " + std::to_string(k.tile_channels) + ", " +
                   std::to_string(k.tile_pixels) + ";";
    }
    return {ErrorCode::invalid_argument, message};
}

Status check(const Conv2dShape &shape,
             const TensorView<const float> &input,
             const float *weights,
             const TensorView<float> &output) {
    if (input.data == nullptr) return {ErrorCode::mismatched_buffers, "input: a null pointer"};
    if (weights == nullptr) return {ErrorCode::mismatched_buffers, "weights: a null pointer"};
    if (output.data == nullptr) return {ErrorCode::mismatched_buffers, "output: a null pointer"};
    if (shape.stride < 1) return {ErrorCode::invalid_argument, "stride = " + std::to_string(shape.stride)};
    const int width = conv2d_output_extent(input.width, shape), height = conv2d_output_extent(input.height, shape);
    if (output.width != width || output.height != height || output.batch != input.batch) {
        return {ErrorCode::mismatched_buffers,
                text("output", output.channels, output.width, output.height, output.batch) + ": expected " +
                    text("", output.channels, width, height, input.batch) + " for " +
                    text("input", input.channels, input.width, input.height, input.batch)};
    }
    return {};
}

}  // namespace

Status conv2d(const Conv2dShape &shape, TensorView<const float> input, const float *weights, TensorView<float> output) {
    if (Status status = check(shape, input, weights, output); !status.ok()) return status;
    const Conv2dKernel *kernel = find_kernel(shape, input.channels, output);
    if (kernel == nullptr) return no_kernel(shape, input.channels, output);
    if (output.size() == 0) return {};
    Halide::Runtime::Buffer<float, 4> w(
        const_cast<float *>(weights), output.channels, input.channels, shape.kernel, shape.kernel);
    return runtime::call_kernel("conv2d", [&] { return kernel->run(buffer(input), w, buffer(output)); });
}

}  // namespace dsq
