/// Quantization of a tensor, forward and backward. Tensors are contiguous float32 of any shape, given as spans.
///
/// Every function checks its arguments before it writes anything, runs on all cores (threads.h), and is safe to call
/// from several threads at once. Tensors hold at most `largest_tensor` elements; empty ones are fine. Outputs must not
/// overlap inputs. Infinite inputs clip; a NaN gets code 0. Codes are the same, bit for bit, on every target.
#pragma once

#include <cstdint>
#include <span>

#include "dsq/quantizer.h"
#include "dsq/status.h"

namespace dsq {

constexpr std::size_t largest_tensor = (std::size_t{1} << 31) - (std::size_t{1} << 16);

/// Hard quantization to codes 0..N (eq. 8): code(x) = clamp(floor((x - l) / step + 1/2), 0, N), ties go up.
/// Arithmetic is float32, each operation rounded by itself; 1 / step is rounded once from float64.
/// Error: invalid_argument (see validate; `none` has no codes), mismatched_buffers.
Status quantize_codes(const Quantizer &quantizer, std::span<const float> x, std::span<std::uint8_t> codes);

/// Hard quantization to values (the paper's Algorithm 1, the forward pass of training): l + step * code(x).
Status quantize_values(const Quantizer &quantizer, std::span<const float> x, std::span<float> values);

/// Both of the above in one pass.
Status quantize_codes_and_values(const Quantizer &quantizer,
                                 std::span<const float> x,
                                 std::span<std::uint8_t> codes,
                                 std::span<float> values);

/// DSQ's soft quantization (eq. 4 to 7), for analysis and for gradients: l + step (i + (s tanh(kappa (h - 1/2)) + 1) /
/// 2) in cell i at position h, with s = 1 / (1 - alpha), kappa = log(2 / alpha - 1). For dsq, binary and pact_dsq; the
/// other methods have no soft function: invalid_argument.
Status quantize_soft(const Quantizer &quantizer, std::span<const float> x, std::span<float> values);

/// Gradients of the loss by the parameters of a quantizer: sums over the tensor. Zero where the method or the mode of
/// the bounds fixes a parameter.
struct ParameterGradients {
    double lower = 0;
    double upper = 0;
    double alpha = 0;
};

/// The backward pass in one sweep: grad_input = grad_output * dQ/dx, and the gradients of l, u and alpha (eq. 10 to 13;
/// see Method). The sums have the same bits for any number of threads. A gradient below 2^-100 counts as zero; a NaN in
/// x counts as lying below l.
Status quantize_backward(const Quantizer &quantizer,
                         std::span<const float> x,
                         std::span<const float> grad_output,
                         std::span<float> grad_input,
                         ParameterGradients &gradients);

}  // namespace dsq
