#include "compile/run_length.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace dsq {
namespace {

struct Products {
    int smallest, largest;
};

Products products_of(int weight, CodeRange activations) {
    const auto [smallest, largest] = std::minmax({weight * activations.low, weight * activations.high});
    return {smallest, largest};
}

// The worst sums over some channels, for each tap and output channel.
class WorstSums {
public:
    explicit WorstSums(const WorstProducts &products)
        : products_(products), size_(products.largest(0).size()), largest_(size_), smallest_(size_) {
    }

    void add(int channel) {
        const std::int16_t *largest = products_.largest(channel).data(), *smallest = products_.smallest(channel).data();
        for (std::size_t i = 0; i < size_; ++i) {
            largest_[i] += largest[i];
            smallest_[i] += smallest[i];
        }
    }

    void clear() {
        std::fill(largest_.begin(), largest_.end(), 0);
        std::fill(smallest_.begin(), smallest_.end(), 0);
    }

    bool tap_lies_in(CodeRange range, int tap) const {
        const std::ptrdiff_t outs = products_.out_channels(), first = tap * outs;
        return *std::max_element(largest_.begin() + first, largest_.begin() + first + outs) <= range.high &&
               *std::min_element(smallest_.begin() + first, smallest_.begin() + first + outs) >= range.low;
    }

    // Of the sum over all taps of an output channel.
    bool total_lies_in(CodeRange range, std::size_t out) const {
        const auto outs = static_cast<std::size_t>(products_.out_channels());
        std::int64_t largest = 0, smallest = 0;
        for (std::size_t tap = 0; tap < size_ / outs; ++tap) {
            largest += largest_[tap * outs + out];
            smallest += smallest_[tap * outs + out];
        }
        return largest <= range.high && smallest >= range.low;
    }

private:
    const WorstProducts &products_;
    std::size_t size_;
    std::vector<std::int32_t> largest_, smallest_;
};

// From the largest down.
std::vector<int> divisors(int number) {
    std::vector<int> found;
    for (int divisor = number; divisor > 0; --divisor) {
        if (number % divisor == 0) found.push_back(divisor);
    }
    return found;
}

}  // namespace

int run_length(CodeRange weights, CodeRange activations, int accumulator_bits) {
    const CodeRange accumulator = signed_range(accumulator_bits);
    const Products low = products_of(weights.low, activations), high = products_of(weights.high, activations);
    const int largest = std::max(low.largest, high.largest), smallest = std::min(low.smallest, high.smallest);
    int run = std::numeric_limits<int>::max();
    if (largest > 0) run = std::min(run, accumulator.high / largest);
    if (smallest < 0) run = std::min(run, accumulator.low / smallest);
    return run;
}

WorstProducts::WorstProducts(const CodeWeights &weights, CodeRange activations)
    : WorstProducts(weights,
                    std::vector<CodeRange>(static_cast<std::size_t>(weights.kernel * weights.kernel), activations)) {
}

WorstProducts::WorstProducts(const CodeWeights &weights, std::span<const CodeRange> activations)
    : channels_(weights.in_channels), taps_(weights.kernel * weights.kernel), out_channels_(weights.out_channels) {
    largest_.reserve(weights.values.size());
    smallest_.reserve(weights.values.size());
    for (int channel = 0; channel < channels_; ++channel) {
        for (int tap = 0; tap < taps_; ++tap) {
            for (int out = 0; out < out_channels_; ++out) {
                const int weight = weights.at(out, channel, tap / weights.kernel, tap % weights.kernel);
                const Products worst = products_of(weight, activations[static_cast<std::size_t>(tap)]);
                largest_.push_back(static_cast<std::int16_t>(worst.largest));
                smallest_.push_back(static_cast<std::int16_t>(worst.smallest));
            }
        }
    }
}

std::span<const std::int16_t> WorstProducts::of_channel(const std::vector<std::int16_t> &products, int channel) const {
    const std::size_t size = static_cast<std::size_t>(taps_) * static_cast<std::size_t>(out_channels_);
    return std::span(products).subspan(static_cast<std::size_t>(channel) * size, size);
}

std::vector<int> identity_order(int channels) {
    std::vector<int> order(static_cast<std::size_t>(channels));
    std::iota(order.begin(), order.end(), 0);
    return order;
}

std::vector<bool> safe_taps(const WorstProducts &products,
                            std::span<const int> channel_order,
                            int run,
                            int accumulator_bits) {
    const CodeRange accumulator = signed_range(accumulator_bits);
    std::vector<bool> safe(static_cast<std::size_t>(products.taps()), true);
    WorstSums sums(products);
    for (int first = 0; first < products.channels(); first += run) {
        sums.clear();
        const int end = std::min(first + run, products.channels());
        for (int i = first; i < end; ++i) sums.add(channel_order[static_cast<std::size_t>(i)]);
        for (int tap = 0; tap < products.taps(); ++tap) {
            const auto at = static_cast<std::size_t>(tap);
            safe[at] = safe[at] && sums.tap_lies_in(accumulator, tap);
        }
    }
    return safe;
}

std::vector<int> longest_runs(const WorstProducts &products, std::span<const int> channel_order, int accumulator_bits) {
    std::vector<int> runs(static_cast<std::size_t>(products.taps()), 0);
    for (const int run : divisors(products.channels())) {
        const std::vector<bool> safe = safe_taps(products, channel_order, run, accumulator_bits);
        for (std::size_t tap = 0; tap < runs.size(); ++tap) {
            if (runs[tap] == 0 && safe[tap]) runs[tap] = run;
        }
        if (std::find(runs.begin(), runs.end(), 0) == runs.end()) break;
    }
    return runs;
}

int longest_uniform_run(const WorstProducts &products, std::span<const int> channel_order, int accumulator_bits) {
    return longest_uniform_spill(products, channel_order, 1, accumulator_bits);
}

int longest_uniform_spill(const WorstProducts &products,
                          std::span<const int> channel_order,
                          int run,
                          int accumulator_bits) {
    for (const int runs : divisors(products.channels() / run)) {
        const std::vector<bool> safe = safe_taps(products, channel_order, runs * run, accumulator_bits);
        if (std::find(safe.begin(), safe.end(), false) == safe.end()) return runs;
    }
    return 0;
}

bool fits(const WorstProducts &products, int bits) {
    WorstSums sums(products);
    for (int channel = 0; channel < products.channels(); ++channel) sums.add(channel);
    for (std::size_t out = 0; out < static_cast<std::size_t>(products.out_channels()); ++out) {
        if (!sums.total_lies_in(signed_range(bits), out)) return false;
    }
    return true;
}

}  // namespace dsq
