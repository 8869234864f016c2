/// What a quantizer is: its method, bits, clip bounds and characteristic variable alpha, and the grid that they make.
///
/// Source of the equations: Gong et al., "Differentiable Soft Quantization", ICCV 2019 ("the paper").
#pragma once

#include <optional>
#include <string_view>

#include "dsq/status.h"

namespace dsq {

/// How a tensor is quantized, and what stands for the gradient. N = 2^bits - 1, step = (u - l) / N.
///
/// All methods but `none` and DoReFa's weights give the same codes, clamp(floor((x - l) / step + 1/2), 0, N); they
/// differ in the gradient. In the table, D is the slope of DSQ's soft function, t = (x - l) / step, q its soft value in
/// steps, and each entry holds inside [l, u], the bounds included; beyond a bound dQ/dx = 0 and that bound alone gets
/// the gradient.
enum class Method {
    none,      ///< no quantization: Q(x) = x, dQ/dx = 1
    dsq,       ///< the paper: dQ/dx = D, dQ/dl = 1 - q/N - D (1 - t/N), dQ/du = q/N - D t/N, dQ/dalpha (eq. 10 to 13)
    binary,    ///< the paper's binary DSQ, 1 bit: the two values l and u; -1 and +1 give plain signs
    ste,       ///< the paper's "standard": straight-through, dQ/dx = 1, the bounds get only what lies beyond them
    pact,      ///< PACT (Choi et al. 2018): as ste, with l = 0 fixed
    pact_dsq,  ///< PACT's learned clip with DSQ's backward: dQ/dx = D, dQ/dalpha as dsq, dQ/du as pact, l = 0 fixed
    lsq,       ///< LSQ (Esser et al. 2020) with both bounds: dQ/dx = 1, dQ/dl = (t - code)/N, dQ/du = (code - t)/N
    dorefa,    ///< DoReFa (Zhou et al. 2016): activations as ste between 0 and 1; weights through tanh(x)/tanh(max|x|)
};

/// "dsq", "binary", ...
std::string_view name(Method method);
/// The method of that name, or nothing.
std::optional<Method> method_from_name(std::string_view name);

/// What the tensor is. It decides the start value of the bounds, and DoReFa's transform.
enum class Operand { weights, activations };

/// How the bounds move in training.
enum class BoundsMode {
    fixed,           ///< they stay
    learned,         ///< by their gradients
    moving_average,  ///< by the statistics of each batch (bounds.h)
};

/// What the gradients of DSQ's bounds take for Q: the paper's eq. 11 to 13 use its soft value, its Algorithm 1 the hard
/// one.
enum class BoundGradient { soft, hard };

constexpr float smallest_alpha = 1e-3F;
constexpr float largest_alpha = 0.5F - 1e-6F;
/// `project` keeps u - l at least this large.
constexpr float smallest_range = 1e-4F;

/// One quantizer: per tensor, weights and activations apart.
struct Quantizer {
    Method method = Method::dsq;
    Operand operand = Operand::activations;
    int bits = 2;        ///< 1 to 8
    float lower = 0.0F;  ///< l; 0 for pact and pact_dsq; -upper for DoReFa's weights
    float upper = 1.0F;  ///< u > l; for DoReFa's weights the largest magnitude of the tensor
    float alpha = 0.2F;  ///< characteristic variable: towards 0 hard rounding, towards 0.5 almost linear
    BoundsMode bounds = BoundsMode::learned;
    BoundGradient bound_gradient = BoundGradient::soft;
};

/// Checks a quantizer: an error names the field, the range it must lie in, and what was found.
Status validate(const Quantizer &quantizer);

/// The largest code, N = 2^bits - 1.
int largest_code(const Quantizer &quantizer);

/// The values behind the codes: value = lower + step * code, the product and the sum rounded to float32 apart.
struct Grid {
    float lower;
    float step;
};
/// For a valid quantizer that has codes (all but `none`).
Grid grid(const Quantizer &quantizer);

}  // namespace dsq
