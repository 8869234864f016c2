// How the statistics of a tensor run: one sweep over it, a fixed tree of sums.
#pragma once

#include "schedules/sliced_reduction.h"

namespace dsq::schedules {

inline void statistics(const SlicedReductionStages &stages) {
    sliced_reduction(stages);
}

}  // namespace dsq::schedules
