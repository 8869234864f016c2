// Quantizers and inputs for tests: random within what is valid, with the seed in every failure's trace.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "dsq/quantizer.h"

namespace dsq::tests {

using Random = std::mt19937;

inline float uniform(Random &random, float from, float to) {
    return std::uniform_real_distribution<float>(from, to)(random);
}

// Bounds of any sign, a range between 1e-4 and 1e4, alpha over its whole range with both ends likely.
inline Quantizer random_quantizer(Random &random, Method method, int bits) {
    Quantizer quantizer;
    quantizer.method = method;
    quantizer.bits = method == Method::binary ? 1 : bits;
    const float range = std::pow(10.0F, uniform(random, -4.0F, 4.0F));
    quantizer.lower = -range * uniform(random, -0.5F, 1.5F);
    quantizer.upper = quantizer.lower + range;
    if (method == Method::pact || method == Method::pact_dsq) {
        quantizer.upper = range;
        quantizer.lower = 0.0F;
    }
    if (method == Method::dorefa) {
        quantizer.operand = Operand::weights;
        quantizer.upper = uniform(random, 0.1F, 4.0F);
        quantizer.lower = -quantizer.upper;
    }
    const float where = uniform(random, -0.1F, 1.1F);
    quantizer.alpha =
        std::clamp(smallest_alpha + where * (largest_alpha - smallest_alpha), smallest_alpha, largest_alpha);
    return quantizer;
}

// x below, inside, above, and exactly on the bounds; none so close to a bound that a central difference would cross it.
inline std::vector<float> samples_around(Random &random, const Quantizer &quantizer, int count) {
    const float range = quantizer.upper - quantizer.lower;
    std::vector<float> x{quantizer.lower, quantizer.upper};
    while (static_cast<int>(x.size()) < count) {
        const float element = quantizer.lower + range * uniform(random, -0.3F, 1.3F);
        const float distance = std::min(std::fabs(element - quantizer.lower), std::fabs(element - quantizer.upper));
        if (distance > 1e-4F * range / static_cast<float>(largest_code(quantizer))) x.push_back(element);
    }
    return x;
}

// Any bits of a float32: NaN, infinities and denormals among them.
inline std::vector<float> any_floats(Random &random, int count) {
    std::vector<float> x(static_cast<std::size_t>(count));
    for (float &element : x) element = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
    constexpr float infinity = std::numeric_limits<float>::infinity();
    for (float special : {0.0F,
                          -0.0F,
                          infinity,
                          -infinity,
                          std::nanf(""),
                          -std::nanf(""),
                          1e-45F,
                          -1e-45F,
                          std::numeric_limits<float>::max(),
                          std::numeric_limits<float>::lowest()}) {
        x.push_back(special);
    }
    return x;
}

constexpr std::array<Method, 7> methods_with_codes{
    Method::dsq, Method::binary, Method::ste, Method::pact, Method::pact_dsq, Method::lsq, Method::dorefa};

inline std::string describe(const Quantizer &quantizer, unsigned seed) {
    return std::string(name(quantizer.method)) + ", " + std::to_string(quantizer.bits) +
           " bits, l = " + std::to_string(quantizer.lower) + ", u = " + std::to_string(quantizer.upper) +
           ", alpha = " + std::to_string(quantizer.alpha) + ", seed " + std::to_string(seed);
}

}  // namespace dsq::tests
