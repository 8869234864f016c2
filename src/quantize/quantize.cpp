#include "dsq/quantize.h"

#include <algorithm>

#include "dsq_quantize_codes.h"
#include "dsq_quantize_codes_and_values.h"
#include "dsq_quantize_dorefa_codes.h"
#include "dsq_quantize_dorefa_codes_and_values.h"
#include "dsq_quantize_dorefa_values.h"
#include "dsq_quantize_soft.h"
#include "dsq_quantize_values.h"
#include "quantize_backward_kernels.h"
#include "quantize/kernel_choice.h"
#include "quantize/tensor.h"
#include "runtime/kernel_call.h"

namespace dsq {
namespace {

using runtime::call_kernel;

Status validate_has_codes(const Quantizer &quantizer) {
    if (Status status = validate(quantizer); !status.ok()) return status;
    if (quantizer.method == Method::none) {
        return {ErrorCode::invalid_argument, "method = none: it has no codes"};
    }
    return {};
}

bool has_soft_function(Method method) {
    return method == Method::dsq || method == Method::binary || method == Method::pact_dsq;
}

// Runs a kernel of the forward pass on checked arguments.
template <typename Kernel, typename... Outputs>
Status forward(
    const char *name, Kernel kernel, const Quantizer &quantizer, std::span<const float> x, Outputs... outputs) {
    if (x.empty()) return {};
    const KernelScalars s(quantizer);
    return call_kernel(name, [&] {
        return kernel(view(x), quantizer.lower, quantizer.upper, s.levels, quantizer.alpha, s.kappa, view(outputs)...);
    });
}

struct BackwardKernel {
    GradientKind kind;
    decltype(&dsq_quantize_backward_dsq) run;
};

constexpr BackwardKernel backward_kernels[] = {
#include "quantize_backward_kernels.inc"
};

auto backward_kernel(const Quantizer &quantizer) {
    const GradientKind kind = gradient_kind(quantizer);
    return std::ranges::find(backward_kernels, kind, &BackwardKernel::kind)->run;
}

}  // namespace

Status quantize_codes(const Quantizer &quantizer, std::span<const float> x, std::span<std::uint8_t> codes) {
    if (Status status = validate_has_codes(quantizer); !status.ok()) return status;
    if (Status status = check_tensors({{"x", x}, {"codes", codes}}); !status.ok()) return status;
    const auto kernel = transforms_weights(quantizer) ? dsq_quantize_dorefa_codes : dsq_quantize_codes;
    return forward("quantize_codes", kernel, quantizer, x, codes);
}

Status quantize_values(const Quantizer &quantizer, std::span<const float> x, std::span<float> values) {
    if (Status status = validate(quantizer); !status.ok()) return status;
    if (Status status = check_tensors({{"x", x}, {"values", values}}); !status.ok()) return status;
    if (quantizer.method == Method::none) {
        std::copy(x.begin(), x.end(), values.begin());
        return {};
    }
    const auto kernel = transforms_weights(quantizer) ? dsq_quantize_dorefa_values : dsq_quantize_values;
    return forward("quantize_values", kernel, quantizer, x, values);
}

Status quantize_codes_and_values(const Quantizer &quantizer,
                                 std::span<const float> x,
                                 std::span<std::uint8_t> codes,
                                 std::span<float> values) {
    if (Status status = validate_has_codes(quantizer); !status.ok()) return status;
    if (Status status = check_tensors({{"x", x}, {"codes", codes}, {"values", values}}); !status.ok()) return status;
    const auto kernel =
        transforms_weights(quantizer) ? dsq_quantize_dorefa_codes_and_values : dsq_quantize_codes_and_values;
    return forward("quantize_codes_and_values", kernel, quantizer, x, codes, values);
}

Status quantize_soft(const Quantizer &quantizer, std::span<const float> x, std::span<float> values) {
    if (Status status = validate(quantizer); !status.ok()) return status;
    if (!has_soft_function(quantizer.method)) {
        return {ErrorCode::invalid_argument,
                "method = " + std::string(name(quantizer.method)) +
                    ": it has no soft function; expected dsq, binary or pact_dsq"};
    }
    if (Status status = check_tensors({{"x", x}, {"values", values}}); !status.ok()) return status;
    return forward("quantize_soft", dsq_quantize_soft, quantizer, x, values);
}

Status quantize_backward(const Quantizer &quantizer,
                         std::span<const float> x,
                         std::span<const float> grad_output,
                         std::span<float> grad_input,
                         ParameterGradients &gradients) {
    if (Status status = validate(quantizer); !status.ok()) return status;
    if (Status status = check_tensors({{"x", x}, {"grad_output", grad_output}, {"grad_input", grad_input}});
        !status.ok()) {
        return status;
    }
    if (quantizer.method == Method::none || x.empty()) {
        std::copy(grad_output.begin(), grad_output.end(), grad_input.begin());
        gradients = {};
        return {};
    }
    const KernelScalars s(quantizer);
    double sums[3] = {};
    Status status = call_kernel("quantize_backward", [&] {
        return backward_kernel(quantizer)(view(x),
                                          view(grad_output),
                                          quantizer.lower,
                                          quantizer.upper,
                                          s.levels,
                                          quantizer.alpha,
                                          s.kappa,
                                          view(grad_input),
                                          view(std::span<double>(sums)));
    });
    if (status.ok()) gradients = free_gradients(quantizer, sums);
    return status;
}

}  // namespace dsq
