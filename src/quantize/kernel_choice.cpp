#include "quantize/kernel_choice.h"

#include <cmath>

namespace dsq {

KernelScalars::KernelScalars(const Quantizer &quantizer)
    : levels(static_cast<float>(largest_code(quantizer))),
      kappa(static_cast<float>(std::log(2.0 / double{quantizer.alpha} - 1.0))) {
}

bool transforms_weights(const Quantizer &quantizer) {
    return quantizer.method == Method::dorefa && quantizer.operand == Operand::weights;
}

GradientKind gradient_kind(const Quantizer &quantizer) {
    // Up to 4 bits the plain arithmetic of float32 is exact enough.
    const bool wide = quantizer.bits > 4;
    switch (quantizer.method) {
        case Method::pact_dsq:
            return wide ? GradientKind::pact_dsq_wide : GradientKind::pact_dsq;
        case Method::lsq:
            return GradientKind::lsq;
        case Method::ste:
        case Method::pact:
            return GradientKind::clip;
        case Method::dorefa:
            return transforms_weights(quantizer) ? GradientKind::dorefa : GradientKind::clip;
        case Method::none:
        case Method::dsq:
        case Method::binary:
            break;
    }
    if (quantizer.bound_gradient == BoundGradient::hard) {
        return wide ? GradientKind::dsq_hard_wide : GradientKind::dsq_hard;
    }
    return wide ? GradientKind::dsq_wide : GradientKind::dsq;
}

ParameterGradients free_gradients(const Quantizer &quantizer, const double (&sums)[3]) {
    const bool learned = quantizer.bounds == BoundsMode::learned && quantizer.method != Method::dorefa;
    const bool lower_is_zero = quantizer.method == Method::pact || quantizer.method == Method::pact_dsq;
    return {learned && !lower_is_zero ? sums[0] : 0.0, learned ? sums[1] : 0.0, sums[2]};
}

}  // namespace dsq
