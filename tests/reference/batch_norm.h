// Batch normalization in plain C++, in double.
#pragma once

#include <vector>

namespace dsq::reference {

struct ChannelStatistics {
    std::vector<double> mean, variance;
};

// Of pixels of so many channels, one after the other.
inline ChannelStatistics channel_statistics(const std::vector<double> &x, std::size_t channels) {
    ChannelStatistics result{std::vector<double>(channels), std::vector<double>(channels)};
    const double count = static_cast<double>(x.size()) / static_cast<double>(channels);
    for (std::size_t i = 0; i < x.size(); ++i) result.mean[i % channels] += x[i] / count;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double difference = x[i] - result.mean[i % channels];
        result.variance[i % channels] += difference * difference / count;
    }
    return result;
}

}  // namespace dsq::reference
