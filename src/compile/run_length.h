/// How many products may be added in a narrow accumulator before it is spilled to a wider one.
///
/// Accumulators wrap, so a run is safe if its sum, when it is spilled, lies in the accumulator: what its parts are does
/// not matter. The weights are known when we compile, so the worst sum is that of the real weights times the worst
/// activations.
///
/// Kernels add up tap by tap (or, in the domain of Winograd, position by position), and within a tap over input
/// channels in an order that we choose: a run is `run` channels that follow each other in this order, at one tap, for
/// one output channel.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/code_range.h"
#include "model/code_weights.h"

namespace dsq {

/// The longest run that is safe for all weights of this range.
int run_length(CodeRange weights, CodeRange activations, int accumulator_bits);

/// The largest and the smallest value that each product of a layer can have.
class WorstProducts {
public:
    /// Every activation is in the range.
    WorstProducts(const CodeWeights &weights, CodeRange activations);
    /// One range for each tap, kernel * kernel of them: [ky][kx]. Products must fit 16 bits.
    WorstProducts(const CodeWeights &weights, std::span<const CodeRange> activations);

    int channels() const {
        return channels_;
    }
    int taps() const {
        return taps_;
    }
    int out_channels() const {
        return out_channels_;
    }
    /// Those of an input channel: [tap][out channel].
    std::span<const std::int16_t> largest(int channel) const {
        return of_channel(largest_, channel);
    }
    std::span<const std::int16_t> smallest(int channel) const {
        return of_channel(smallest_, channel);
    }

private:
    std::span<const std::int16_t> of_channel(const std::vector<std::int16_t> &products, int channel) const;

    int channels_, taps_, out_channels_;
    std::vector<std::int16_t> largest_, smallest_;  // [channel][tap][out channel]
};

/// The input channels as they come.
std::vector<int> identity_order(int channels);

/// Of each tap: whether all its runs are safe. The last run is shorter where `run` does not divide the channels.
std::vector<bool> safe_taps(const WorstProducts &products,
                            std::span<const int> channel_order,
                            int run,
                            int accumulator_bits);

/// The largest divisor of the input channels that is safe at every tap for every output channel; 0 if not even 1 is.
int longest_uniform_run(const WorstProducts &products, std::span<const int> channel_order, int accumulator_bits);

/// The same for each tap by itself.
std::vector<int> longest_runs(const WorstProducts &products, std::span<const int> channel_order, int accumulator_bits);

/// How many runs of a tap may be added in the second accumulator before that is spilled: the largest divisor of
/// channels / run (run must divide the channels); 0 if not even 1.
int longest_uniform_spill(const WorstProducts &products,
                          std::span<const int> channel_order,
                          int run,
                          int accumulator_bits = 16);

/// Whether the sum over all channels and taps lies in this many bits, for every output channel.
bool fits(const WorstProducts &products, int bits);

}  // namespace dsq
