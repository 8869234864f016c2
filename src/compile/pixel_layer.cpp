#include "compile/pixel_layer.h"

#include <algorithm>
#include <cmath>

namespace dsq {
namespace {

constexpr int pixel_levels = 255;

// In units of a pixel.
double mean_pixel(float mean) {
    return double{mean} * pixel_levels;
}

int nearest_pixel(float mean) {
    return static_cast<int>(std::lround(std::clamp(mean_pixel(mean), 0.0, double{pixel_levels})));
}

}  // namespace

std::vector<int> pixel_padding(const Network &network) {
    std::vector<int> padding;
    for (const float mean : network.mean) padding.push_back(nearest_pixel(mean) + pixel_range.low);
    padding.push_back(1);
    return padding;
}

OperandValues pixel_values(const Network &network) {
    OperandValues values{.range = pixel_range};
    for (const float mean : network.mean) values.base.push_back(-pixel_range.low - mean_pixel(mean));
    values.base.push_back(0.0);
    return values;
}

std::vector<double> pixel_weights(const Network &network, std::span<const float> weights, std::size_t window) {
    const std::size_t channels = network.mean.size();
    std::vector<double> result;
    for (std::size_t out = 0; out < weights.size() / (channels * window); ++out) {
        std::vector<double> outside(window, 0.0);
        for (std::size_t channel = 0; channel < channels; ++channel) {
            const double missing = mean_pixel(network.mean[channel]) - nearest_pixel(network.mean[channel]);
            for (std::size_t tap = 0; tap < window; ++tap) {
                const double weight = double{weights[(out * channels + channel) * window + tap]} /
                                      (double{network.deviation[channel]} * pixel_levels);
                result.push_back(weight);
                outside[tap] += weight * missing;
            }
        }
        result.insert(result.end(), outside.begin(), outside.end());
    }
    return result;
}

}  // namespace dsq
