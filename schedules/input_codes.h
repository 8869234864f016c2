// How pixels become codes: rows of padding first, then the image in them.
#pragma once

#include <Halide.h>

namespace dsq::schedules {

struct InputCodesStages {
    Halide::Func codes, row;  // (i, y, n) and (i)
    Halide::Var i;
    Halide::RDom image;  // (i, y)
};

inline void input_codes(InputCodesStages s) {
    constexpr int lanes = 16;  // of codes
    s.row.compute_root();
    s.codes.vectorize(s.i, lanes, Halide::TailStrategy::GuardWithIf);
    s.codes.update().vectorize(s.image.x, lanes, Halide::TailStrategy::GuardWithIf);
}

}  // namespace dsq::schedules
