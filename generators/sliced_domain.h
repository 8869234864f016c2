// The fixed tree of a sum over a tensor: which element goes to which lane of which slice
// (schedules/sliced_reduction.h).
#pragma once

#include <Halide.h>

#include "schedules/sliced_reduction.h"

namespace dsq::generators {

struct SlicedDomain {
    Halide::RDom slices;        // x: lane, y: row of a slice, z: slice
    Halide::Expr element;       // index into the tensor
    Halide::Expr lane;          // index of the partial sum
    Halide::RDom all_partials;  // over every partial sum

    explicit SlicedDomain(const Halide::Expr &size) {
        using schedules::reduction_lanes;
        using schedules::reduction_slice;
        const Halide::Expr count = (size + reduction_slice - 1) / reduction_slice;
        slices = Halide::RDom(0, reduction_lanes, 0, reduction_slice / reduction_lanes, 0, count, "slices");
        const Halide::Expr position = slices.z * reduction_slice + slices.y * reduction_lanes + slices.x;
        slices.where(Halide::likely(position < size));
        // Halide's bounds ignore the line above.
        element = Halide::unsafe_promise_clamped(position, 0, size - 1);
        lane = slices.z * reduction_lanes + slices.x;
        all_partials = Halide::RDom(0, count * reduction_lanes, "all_partials");
    }
};

}  // namespace dsq::generators
