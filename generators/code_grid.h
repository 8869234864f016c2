// The integers behind a quantizer, as kernels of deployed networks have them (CodeGrid in src/model/integer_graph.h).
#pragma once

#include "quantizer.h"

namespace dsq::generators {

// The integer in an int8 that stands for the code of x: lowest for code 0, neighbours `distance` apart.
inline Expr code_on(const Steps &steps, int lowest, int distance, const Expr &x) {
    return Halide::cast<int8_t>(lowest + distance * code(steps, x));
}

}  // namespace dsq::generators
