// How a convolution of codes by weights of 16 bits runs: as one by dot products, of two products or of one.
#pragma once

#include "schedules/conv2d_codes_dot.h"

namespace dsq::schedules {

inline void conv2d_codes_wide(const Conv2dCodesDotStages &stages,
                              const Conv2dCodesDotTile &tile,
                              const Halide::Target &target) {
    conv2d_codes_dot(stages, tile, target);
}

}  // namespace dsq::schedules
