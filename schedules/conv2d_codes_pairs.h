// How a convolution by pairs of products runs: as one by dot products, with the lanes that its sums have.
#pragma once

#include "schedules/conv2d_codes_dot.h"

namespace dsq::schedules {

inline void conv2d_codes_pairs(const Conv2dCodesDotStages &stages,
                               const Conv2dCodesDotTile &tile,
                               const Halide::Target &target) {
    conv2d_codes_dot(stages, tile, target);
}

}  // namespace dsq::schedules
