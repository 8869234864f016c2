#include "operators/conv2d.h"

#include <algorithm>

#include "conv2d_kernels.h"
#include "operators/conv2d_check.h"
#include "operators/tensor_buffer.h"
#include "runtime/kernel_call.h"

namespace dsq {
namespace {

struct Conv2dKernel {
    int (*run)(halide_buffer_t *input, halide_buffer_t *weights, int offset_x, int offset_y, halide_buffer_t *output);
    int in_channels;  // 0: any
    int stride;
    int taps;  // 0: any
    int tile_channels;
    int tile_pixels;
    int tile_pixels_of_32;
    int width_multiple;
};

constexpr Conv2dKernel kernels[] = {
#include "conv2d_kernels.inc"
};

const Conv2dKernel *find_kernel(int in_channels, int stride, int taps, int out_channels, int out_width) {
    for (const Conv2dKernel &kernel : kernels) {
        const bool channels_fit =
            kernel.in_channels == 0 || (kernel.in_channels == in_channels && out_channels % kernel.tile_channels == 0);
        const bool taps_fit = kernel.taps == 0 || kernel.taps == taps;
        const bool width_fits = out_width >= std::max(kernel.tile_pixels, kernel.tile_pixels_of_32) &&
                                out_width % kernel.width_multiple == 0;
        if (channels_fit && taps_fit && width_fits && kernel.stride == stride) return &kernel;
    }
    return nullptr;
}

Status no_kernel(const char *name, const Conv2dShape &shape, int in_channels, const TensorView<float> &output) {
    return {ErrorCode::invalid_argument,
            std::string(name) + ": no kernel for " + std::to_string(in_channels) + " channels, " + text(shape) +
                ", output " + extents(output) + "; there are for any channels and kernel, strides 1 and 2"};
}

// One axis of a phase of the backward pass: the positions x = phase + stride * i of grad_input see the taps first,
// first + stride, ..., each at a position of grad_output that moves with i.
struct Phase {
    int first, count, offset;

    Phase(const Conv2dShape &shape, int phase)
        : first((phase + shape.padding()) % shape.stride),
          count(first < shape.kernel ? (shape.kernel - first + shape.stride - 1) / shape.stride : 0),
          offset((phase + shape.padding() - last_tap(shape)) / shape.stride) {
    }
    int last_tap(const Conv2dShape &shape) const {
        return first + (count - 1) * shape.stride;
    }
};

// Of the positions phase, phase + step, ... of a tensor in both directions.
TensorBuffer<float> phase_of(const TensorView<float> &view, int step, int phase_x, int phase_y) {
    const int row = static_cast<int>(view.row_stride());
    const halide_dimension_t dimensions[] = {{0, view.channels, 1},
                                             {0, (view.width - phase_x + step - 1) / step, step * view.channels},
                                             {0, (view.height - phase_y + step - 1) / step, step * row},
                                             {0, view.batch, static_cast<int>(view.image_stride())}};
    return TensorBuffer<float>(
        view.data + std::ptrdiff_t{phase_y} * row + std::ptrdiff_t{phase_x} * view.channels, 4, dimensions);
}

}  // namespace

Status conv2d(const Conv2dShape &shape, TensorView<const float> input, const float *weights, TensorView<float> output) {
    for (const Status &status : {check_pointer("input", input.data),
                                 check_pointer("weights", weights),
                                 check_pointer("output", output.data),
                                 check_shape(shape),
                                 check_border("input", input, shape.padding())}) {
        if (!status.ok()) return status;
    }
    if (Status status = check_extents(shape, "input", input, "output", output); !status.ok()) return status;
    if (output.size() == 0) return {};
    const Conv2dKernel *kernel = find_kernel(input.channels, shape.stride, shape.kernel, output.channels, output.width);
    if (kernel == nullptr) return no_kernel("conv2d", shape, input.channels, output);
    TensorBuffer<float> taps(const_cast<float *>(weights), output.channels, input.channels, shape.kernel, shape.kernel);
    return runtime::call_kernel("conv2d", [&] {
        return kernel->run(buffer(input, shape.padding()), taps, -shape.padding(), -shape.padding(), buffer(output));
    });
}

Status conv2d_backward_input(const Conv2dShape &shape,
                             TensorView<const float> grad_output,
                             const float *weights,
                             TensorView<float> grad_input) {
    for (const Status &status : {check_pointer("grad_output", grad_output.data),
                                 check_pointer("weights", weights),
                                 check_pointer("grad_input", grad_input.data),
                                 check_shape(shape),
                                 check_border("grad_output", grad_output, shape.padding())}) {
        if (!status.ok()) return status;
    }
    if (Status status = check_extents(shape, "grad_input", grad_input, "grad_output", grad_output); !status.ok()) {
        return status;
    }
    if (grad_input.size() == 0) return {};
    const int tap = grad_input.channels * grad_output.channels;
    TensorBuffer<float> gradient = buffer(grad_output, shape.padding());
    for (int phase_y = 0; phase_y < std::min(shape.stride, grad_input.height); ++phase_y) {
        for (int phase_x = 0; phase_x < std::min(shape.stride, grad_input.width); ++phase_x) {
            const Phase x(shape, phase_x), y(shape, phase_y);
            TensorBuffer<float> output = phase_of(grad_input, shape.stride, phase_x, phase_y);
            if (output.number_of_elements() == 0) continue;
            const Conv2dKernel *kernel =
                find_kernel(grad_output.channels, 1, shape.kernel, grad_input.channels, output.dim(1).extent());
            if (kernel == nullptr) {
                return no_kernel("conv2d_backward_input", shape, grad_output.channels, grad_input);
            }
            // The weights with both kinds of channels exchanged and the taps backwards.
            const halide_dimension_t dimensions[] = {{0, grad_input.channels, grad_output.channels},
                                                     {0, grad_output.channels, 1},
                                                     {0, x.count, -shape.stride * tap},
                                                     {0, y.count, -shape.stride * shape.kernel * tap}};
            const int last = y.last_tap(shape) * shape.kernel + x.last_tap(shape);
            TensorBuffer<float> taps(const_cast<float *>(weights) + std::ptrdiff_t{last} * tap, 4, dimensions);
            Status status = runtime::call_kernel(
                "conv2d_backward_input", [&] { return kernel->run(gradient, taps, x.offset, y.offset, output); });
            if (!status.ok()) return status;
        }
    }
    return {};
}

}  // namespace dsq
