#include "operators/batch_norm.h"

#include <algorithm>
#include <string>
#include <vector>

#include "batch_norm_backward_kernels.h"
#include "dsq_batch_norm_backward_input.h"
#include "dsq_batch_norm_backward_saved_false.h"
#include "dsq_batch_norm_backward_saved_true.h"
#include "dsq_batch_norm_both_residual_false.h"
#include "dsq_batch_norm_both_residual_true.h"
#include "dsq_batch_norm_output_residual_false.h"
#include "dsq_batch_norm_output_residual_true.h"
#include "dsq_batch_norm_quantized_residual_false.h"
#include "dsq_batch_norm_quantized_residual_true.h"
#include "dsq_batch_norm_statistics.h"
#include "operators/tensor_buffer.h"
#include "operators/tensor_check.h"
#include "quantize/kernel_choice.h"
#include "quantize/tensor.h"
#include "runtime/kernel_call.h"

namespace dsq {
namespace {

using runtime::call_kernel;
using Tensor = TensorView<const float>;

struct NamedChannels {
    const char *name;
    std::span<const float> span;
};

Status mismatch(std::string text) {
    return {ErrorCode::mismatched_buffers, std::move(text)};
}

// All views have the extents of x, but those of `optional` that are null; the spans hold one number a channel.
Status check(const Tensor &x,
             std::initializer_list<NamedView> optional,
             std::initializer_list<NamedView> views,
             std::initializer_list<NamedChannels> spans) {
    const NamedView cause("x", x);
    if (Status status = check_tensor_views({cause}); !status.ok()) return status;
    if (x.size() == 0) return mismatch("x: no elements, expected at least one");
    const auto fits = [&](const NamedView &view) {
        Status status = check_tensor_views({view});
        return status.ok() ? check_extents(view, {x.channels, x.width, x.height, x.batch}, cause) : status;
    };
    for (const NamedView &view : views) {
        if (Status status = fits(view); !status.ok()) return status;
    }
    for (const NamedView &view : optional) {
        if (view.data == nullptr) continue;
        if (Status status = fits(view); !status.ok()) return status;
    }
    for (const auto &[name, span] : spans) {
        if (span.data() == nullptr || span.size() != static_cast<std::size_t>(x.channels)) {
            return mismatch(std::string(name) + ": " + std::to_string(span.size()) + " elements, expected " +
                            std::to_string(x.channels) + " as x has channels");
        }
    }
    return {};
}

Status check_quantizer(const Quantizer &quantizer) {
    if (Status status = validate(quantizer); !status.ok()) return status;
    if (transforms_weights(quantizer)) {
        return {ErrorCode::invalid_argument, "quantizer.operand = weights: expected activations (method dorefa)"};
    }
    return {};
}

using ForwardKernel = decltype(&dsq_batch_norm_output_residual_true);

Status forward(ForwardKernel kernel, const BatchNormForward &a, const TensorView<float> &result) {
    const float levels = KernelScalars(a.quantizer).levels;
    const Quantizer &q = a.quantizer;
    return call_kernel("batch_norm", [&] {
        return kernel(buffer(a.x),
                      view(a.scale),
                      view(a.shift),
                      buffer(a.residual),
                      a.clamp.lower,
                      a.clamp.upper,
                      q.lower,
                      q.upper,
                      levels,
                      buffer(result));
    });
}

Status forward_output(const BatchNormForward &a, const TensorView<float> &output) {
    const bool residual = a.residual.data != nullptr;
    return forward(residual ? dsq_batch_norm_output_residual_true : dsq_batch_norm_output_residual_false, a, output);
}

Status forward_quantized(const BatchNormForward &a) {
    const bool residual = a.residual.data != nullptr;
    return forward(
        residual ? dsq_batch_norm_quantized_residual_true : dsq_batch_norm_quantized_residual_false, a, a.quantized);
}

Status forward_both(const BatchNormForward &a) {
    const auto kernel =
        a.residual.data != nullptr ? dsq_batch_norm_both_residual_true : dsq_batch_norm_both_residual_false;
    const float levels = KernelScalars(a.quantizer).levels;
    const Quantizer &q = a.quantizer;
    return call_kernel("batch_norm", [&] {
        return kernel(buffer(a.x),
                      view(a.scale),
                      view(a.shift),
                      buffer(a.residual),
                      a.clamp.lower,
                      a.clamp.upper,
                      q.lower,
                      q.upper,
                      levels,
                      buffer(a.output),
                      buffer(a.quantized));
    });
}

struct BackwardKernel {
    GradientKind kind;
    bool saved_output;
    decltype(&dsq_batch_norm_backward_dsq_saved_true) run;
};

constexpr BackwardKernel backward_kernels[] = {
#include "batch_norm_backward_kernels.inc"
};

bool has_quantizer(const BatchNormBackward &a) {
    return a.grad_quantized.data != nullptr && a.quantizer.method != Method::none;
}

auto backward_kernel(const BatchNormBackward &a) {
    const bool saved_output = a.output.data != nullptr;
    if (!has_quantizer(a)) {
        return saved_output ? dsq_batch_norm_backward_saved_true : dsq_batch_norm_backward_saved_false;
    }
    const GradientKind kind = gradient_kind(a.quantizer);
    return std::ranges::find_if(
               backward_kernels,
               [&](const BackwardKernel &kernel) { return kernel.kind == kind && kernel.saved_output == saved_output; })
        ->run;
}

// A tensor of zeros that costs no memory to speak of: every pixel is the same.
TensorBuffer<float> zeros(const Tensor &like) {
    thread_local std::vector<float> pixel;
    if (pixel.size() < static_cast<std::size_t>(like.channels)) pixel.resize(static_cast<std::size_t>(like.channels));
    const halide_dimension_t dimensions[] = {
        {0, like.channels, 1}, {0, like.width, 0}, {0, like.height, 0}, {0, like.batch, 0}};
    return TensorBuffer<float>(pixel.data(), 4, dimensions);
}

TensorBuffer<float> or_zeros(const Tensor &gradient, const Tensor &like) {
    return gradient.data != nullptr ? buffer(gradient) : zeros(like);
}

}  // namespace

Status batch_norm_statistics(TensorView<const float> x, std::span<float> mean, std::span<float> variance) {
    if (Status status = check(x, {}, {}, {{"mean", mean}, {"variance", variance}}); !status.ok()) return status;
    return call_kernel("batch_norm_statistics",
                       [&] { return dsq_batch_norm_statistics(buffer(x), view(mean), view(variance)); });
}

Status batch_norm(const BatchNormForward &a) {
    Status status = check(a.x,
                          {{"residual", a.residual}, {"output", a.output}, {"quantized", a.quantized}},
                          {},
                          {{"scale", a.scale}, {"shift", a.shift}});
    if (!status.ok()) return status;
    const bool output = a.output.data != nullptr, quantized = a.quantized.data != nullptr;
    if (!output && !quantized) return mismatch("output and quantized: both null, expected at least one");
    if (!quantized) return forward_output(a, a.output);
    if (status = check_quantizer(a.quantizer); !status.ok()) return status;
    if (a.quantizer.method != Method::none) return output ? forward_both(a) : forward_quantized(a);
    if (status = forward_output(a, a.quantized); !status.ok() || !output) return status;
    return forward_output(a, a.output);
}

Status batch_norm_backward(const BatchNormBackward &a) {
    Status status = check(a.x,
                          {{"output", a.output}, {"grad_output", a.grad_output}, {"grad_quantized", a.grad_quantized}},
                          {{"grad_sum", a.grad_sum}},
                          {{"scale", a.scale},
                           {"shift", a.shift},
                           {"mean", a.mean},
                           {"inverse_deviation", a.inverse_deviation},
                           {"grad_scale", a.grad_scale},
                           {"grad_shift", a.grad_shift}});
    if (!status.ok()) return status;
    if (a.grad_quantized.data != nullptr) {
        if (status = check_quantizer(a.quantizer); !status.ok()) return status;
        if (a.quantizer_gradients == nullptr) return mismatch("quantizer_gradients: a null pointer");
    }
    const Quantizer &q = a.quantizer;
    const KernelScalars s(q);
    double sums[3] = {};
    status = call_kernel("batch_norm_backward", [&] {
        return backward_kernel(a)(buffer(a.x),
                                  view(a.scale),
                                  view(a.shift),
                                  view(a.mean),
                                  view(a.inverse_deviation),
                                  buffer(a.output),
                                  a.clamp.lower,
                                  a.clamp.upper,
                                  or_zeros(a.grad_output, a.x),
                                  or_zeros(a.grad_quantized, a.x),
                                  q.lower,
                                  q.upper,
                                  s.levels,
                                  q.alpha,
                                  s.kappa,
                                  buffer(a.grad_sum),
                                  view(a.grad_scale),
                                  view(a.grad_shift),
                                  view(std::span<double>(sums)));
    });
    if (status.ok() && a.grad_quantized.data != nullptr) *a.quantizer_gradients = free_gradients(q, sums);
    return status;
}

Status batch_norm_backward_input(const BatchNormBackwardInput &a) {
    Status status = check(a.x,
                          {},
                          {{"grad_sum", a.grad_sum}, {"grad_x", a.grad_x}},
                          {{"scale", a.scale},
                           {"mean", a.mean},
                           {"inverse_deviation", a.inverse_deviation},
                           {"grad_scale", a.grad_scale},
                           {"grad_shift", a.grad_shift}});
    if (!status.ok()) return status;
    return call_kernel("batch_norm_backward_input", [&] {
        return dsq_batch_norm_backward_input(buffer(a.x),
                                             buffer(a.grad_sum),
                                             view(a.scale),
                                             view(a.mean),
                                             view(a.inverse_deviation),
                                             view(a.grad_scale),
                                             view(a.grad_shift),
                                             buffer(a.grad_x));
    });
}

}  // namespace dsq
