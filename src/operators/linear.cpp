#include "operators/linear.h"

#include <HalideBuffer.h>

#include <string>

#include "dsq_matrix_product.h"
#include "operators/tensor_check.h"
#include "runtime/kernel_call.h"

namespace dsq {
namespace {

using Matrix = Halide::Runtime::Buffer<float, 2>;
using Vector = Halide::Runtime::Buffer<float, 1>;

// The kernel reads its inputs through the same mutable type; it does not write to them.
Matrix matrix(const float *data, int rows, int columns) {
    return Matrix(const_cast<float *>(data), rows, columns);
}

// One vector an image.
template <typename Element>
Matrix matrix(const TensorView<Element> &tensor) {
    return matrix(tensor.data, static_cast<int>(tensor.image_stride()), tensor.batch);
}

// One number at every place.
const halide_dimension_t everywhere(int extent) {
    return {0, extent, 0};
}
Vector constant(const float &value, int size) {
    const halide_dimension_t dimension = everywhere(size);
    return Vector(const_cast<float *>(&value), 1, &dimension);
}

Status check_span(const char *name, const float *data, std::size_t size, std::size_t expected) {
    if (size != expected) {
        return {ErrorCode::mismatched_buffers,
                std::string(name) + ": " + std::to_string(size) + " elements, expected " + std::to_string(expected)};
    }
    if (data == nullptr && size > 0) return {ErrorCode::mismatched_buffers, std::string(name) + ": a null pointer"};
    return {};
}

// What the layer maps, and to what; their names are those of arguments.
Status check(const NamedView &input, const NamedView &output) {
    if (Status status = check_tensor_views({input, output}); !status.ok()) return status;
    for (const NamedView &tensor : {input, output}) {
        if (tensor.border != 0) {
            return {ErrorCode::mismatched_buffers,
                    std::string(tensor.name) + ": a border of " + std::to_string(tensor.border) +
                        " pixels, expected none: an image counts as one vector"};
        }
    }
    return check_extents(output, {output.channels, 1, 1, input.batch}, input);
}

// rows x columns, both of which may be large.
std::size_t area(int rows, int columns) {
    return static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns);
}

Status run(const char *name, Matrix left, Matrix right, Vector bias, Matrix product) {
    if (product.number_of_elements() == 0) return {};
    return runtime::call_kernel(name, [&] { return dsq_matrix_product(left, right, bias, product); });
}

constexpr float zero = 0.0F, one = 1.0F;

}  // namespace

Status linear(TensorView<const float> input,
              std::span<const float> weights,
              std::span<const float> bias,
              TensorView<float> output) {
    if (Status status = check({"input", input}, {"output", output}); !status.ok()) return status;
    const Matrix x = matrix(input), y = matrix(output);
    const int in = x.dim(0).extent(), out = y.dim(0).extent();
    if (Status status = check_span("weights", weights.data(), weights.size(), area(out, in)); !status.ok()) {
        return status;
    }
    if (!bias.empty()) {
        if (Status status = check_span("bias", bias.data(), bias.size(), area(out, 1)); !status.ok()) return status;
    }
    const Vector b = bias.empty() ? constant(zero, out) : Vector(const_cast<float *>(bias.data()), out);
    return run("linear", matrix(weights.data(), out, in), x, b, y);
}

Status linear_backward_input(TensorView<const float> grad_output,
                             std::span<const float> weights,
                             TensorView<float> grad_input) {
    if (Status status = check({"grad_input", grad_input}, {"grad_output", grad_output}); !status.ok()) return status;
    const Matrix dx = matrix(grad_input), dy = matrix(grad_output);
    const int in = dx.dim(0).extent(), out = dy.dim(0).extent();
    if (Status status = check_span("weights", weights.data(), weights.size(), area(out, in)); !status.ok()) {
        return status;
    }
    return run("linear_backward_input", matrix(weights.data(), out, in).transposed(0, 1), dy, constant(zero, in), dx);
}

Status linear_backward_weight(TensorView<const float> input,
                              TensorView<const float> grad_output,
                              std::span<float> grad_weights,
                              std::span<float> grad_bias) {
    if (Status status = check({"input", input}, {"grad_output", grad_output}); !status.ok()) return status;
    const Matrix x = matrix(input), dy = matrix(grad_output);
    const int in = x.dim(0).extent(), out = dy.dim(0).extent();
    if (Status status = check_span("grad_weights", grad_weights.data(), grad_weights.size(), area(out, in));
        !status.ok()) {
        return status;
    }
    if (!grad_bias.empty()) {
        if (Status status = check_span("grad_bias", grad_bias.data(), grad_bias.size(), area(out, 1)); !status.ok()) {
            return status;
        }
    }
    // Transposed: inputs are many where outputs are few, and the kernel's rows are the ones in vectors.
    Status status = run("linear_backward_weight",
                        x,
                        dy.transposed(0, 1),
                        constant(zero, in),
                        matrix(grad_weights.data(), out, in).transposed(0, 1));
    if (!status.ok() || grad_bias.empty()) return status;
    const halide_dimension_t ones[] = {everywhere(input.batch), everywhere(1)};
    return run("linear_backward_weight",
               dy,
               Matrix(const_cast<float *>(&one), 2, ones),
               constant(zero, out),
               matrix(grad_bias.data(), out, 1));
}

}  // namespace dsq
