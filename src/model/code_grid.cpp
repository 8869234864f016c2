#include "model/code_grid.h"

namespace dsq {

CodeGrid code_grid(const Quantizer &quantizer) {
    const Grid of_values = grid(quantizer);
    const bool between_signs = quantizer.method == Method::dorefa && quantizer.operand == Operand::weights;
    const double range = between_signs ? 2.0 : double{quantizer.upper} - double{quantizer.lower};
    const bool signs = quantizer.bits == 1;
    const int levels = largest_code(quantizer);
    return {.lower = of_values.lower,
            .step = of_values.step,
            .inverse_step = static_cast<float>(levels / range),
            .levels = levels,
            .lowest = signs ? -1 : shifted_range(quantizer.bits).low,
            .distance = signs ? 2 : 1};
}

}  // namespace dsq
