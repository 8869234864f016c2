// The activation after a batch normalization, as the forward and the backward pass compute it: strict float32, so that
// both have the same bits on every target.
#pragma once

#include "quantizer.h"

namespace dsq::generators {

// A NaN stays one: a loss shows it.
inline Expr clamped(const Expr &x, const Expr &lower, const Expr &upper) {
    const Expr below = strict_float(select(x > upper, upper, x));
    return strict_float(select(below < lower, lower, below));
}

// scale * x + shift: the product and the sum are rounded apart.
inline Expr scaled(const Expr &x, const Expr &scale, const Expr &shift) {
    return strict_float(scale * x + shift);
}

}  // namespace dsq::generators
