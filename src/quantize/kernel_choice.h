// What the kernels take of a quantizer, and which kernel a quantizer asks for.
#pragma once

#include "dsq/quantize.h"

namespace dsq {

// The scalars of a kernel.
struct KernelScalars {
    float levels;
    float kappa;  // the paper's k, times the step

    explicit KernelScalars(const Quantizer &quantizer);
};

// DoReFa's weights go through a tanh.
bool transforms_weights(const Quantizer &quantizer);

// What stands for the gradient: the kernels of a backward pass (generators/CMakeLists.txt). *_wide: above 4 bits.
enum class GradientKind {
    dsq,
    dsq_wide,
    dsq_hard,
    dsq_hard_wide,
    pact_dsq,
    pact_dsq_wide,
    clip,
    lsq,
    dorefa,  // of weights
};

// For all methods but none.
GradientKind gradient_kind(const Quantizer &quantizer);

// dl, du, dalpha; a parameter that the method or the mode of the bounds fixes gets no gradient.
ParameterGradients free_gradients(const Quantizer &quantizer, const double (&sums)[3]);

}  // namespace dsq
