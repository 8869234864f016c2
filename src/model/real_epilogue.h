/// The arithmetic of RealEpilogue (integer_graph.h): each operation rounded by itself.
#pragma once

#include <cstddef>
#include <cstdint>

#include "model/integer_graph.h"

namespace dsq {

/// A NaN stays one, as in training.
inline float clamped(float x, float lower, float upper) {
    const float below = x > upper ? upper : x;
    return below < lower ? lower : below;
}

/// accumulator * scale + shift, before residual and clamp.
inline float scaled(const RealEpilogue &epilogue, std::size_t channel, std::int32_t accumulator) {
    const float product = static_cast<float>(accumulator) * epilogue.scale[channel];
    return product + epilogue.shift[channel];
}

/// Without a residual.
inline float real_of(const RealEpilogue &epilogue, std::size_t channel, std::int32_t accumulator) {
    return clamped(scaled(epilogue, channel, accumulator), epilogue.clamp_lower, epilogue.clamp_upper);
}

}  // namespace dsq
