// How mean and variance of channels run: one sweep, a fixed tree of sums.
#pragma once

#include "schedules/channel_sums.h"

namespace dsq::schedules {

inline void batch_norm_statistics(const ChannelSumStages &stages, const Halide::Target &target) {
    channel_sums(stages, target.natural_vector_size<float>());
}

}  // namespace dsq::schedules
