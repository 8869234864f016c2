#include "compile/channel_order.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace dsq {
namespace {

using Channels = std::vector<int>;

// A run that is being filled, and how much room its sums have left.
class Run {
public:
    Run(std::size_t sums, CodeRange accumulator)
        : accumulator_(accumulator), largest_(sums), smallest_(sums), pressure_up_(sums), pressure_down_(sums) {
    }

    const Channels &channels() const {
        return channels_;
    }

    // How much worse the channel makes what is tight already.
    std::int64_t cost(const WorstProducts &products, int channel) const {
        const std::int16_t *largest = products.largest(channel).data(), *smallest = products.smallest(channel).data();
        std::int64_t sum = 0;
        for (std::size_t i = 0; i < largest_.size(); ++i) {
            sum += largest[i] * pressure_up_[i] - smallest[i] * pressure_down_[i];
        }
        return sum;
    }

    void add(const WorstProducts &products, int channel) {
        const auto largest = products.largest(channel), smallest = products.smallest(channel);
        for (std::size_t i = 0; i < largest_.size(); ++i) {
            largest_[i] += largest[i];
            smallest_[i] += smallest[i];
            pressure_up_[i] = pressure(largest_[i], accumulator_.high);
            pressure_down_[i] = pressure(smallest_[i], accumulator_.low);
        }
        channels_.push_back(channel);
    }

private:
    // Grows steeply towards the bound: 0 to 4096, and a little beyond.
    static std::int32_t pressure(std::int32_t sum, int bound) {
        const std::int64_t share = std::clamp<std::int64_t>(64 * std::int64_t{sum} / bound, 0, 80);
        return static_cast<std::int32_t>(share * share * share / 64);
    }

    CodeRange accumulator_;
    Channels channels_;
    std::vector<std::int32_t> largest_, smallest_, pressure_up_, pressure_down_;  // [tap][out channel]
};

// Channels with large products first: the small ones fill what is left.
Channels hardest_first(const WorstProducts &products) {
    std::vector<std::pair<std::int64_t, int>> hardness;
    for (int channel = 0; channel < products.channels(); ++channel) {
        std::int64_t easiness = 0;
        const auto largest = products.largest(channel), smallest = products.smallest(channel);
        for (std::size_t i = 0; i < largest.size(); ++i) easiness += smallest[i] - largest[i];
        hardness.emplace_back(easiness, channel);
    }
    std::sort(hardness.begin(), hardness.end());
    Channels order;
    for (const auto &[easiness, channel] : hardness) order.push_back(channel);
    return order;
}

// Puts each channel into the run that it burdens least.
Channels balanced_order(const WorstProducts &products, int run, int accumulator_bits) {
    const auto length = static_cast<std::size_t>(run);
    const Run empty(products.largest(0).size(), signed_range(accumulator_bits));
    std::vector<Run> runs(static_cast<std::size_t>(products.channels()) / length, empty);
    for (const int channel : hardest_first(products)) {
        Run *best = nullptr;
        std::int64_t least = std::numeric_limits<std::int64_t>::max();
        for (Run &candidate : runs) {
            if (candidate.channels().size() == length) continue;
            const std::int64_t cost = candidate.cost(products, channel);
            if (cost < least) {
                best = &candidate;
                least = cost;
            }
            if (candidate.channels().empty()) break;  // the other empty ones are equal
        }
        best->add(products, channel);
    }
    Channels order;
    for (const Run &filled : runs) order.insert(order.end(), filled.channels().begin(), filled.channels().end());
    return order;
}

bool is_safe(const WorstProducts &products, const Channels &order, int run, int accumulator_bits) {
    const std::vector<bool> safe = safe_taps(products, order, run, accumulator_bits);
    return std::find(safe.begin(), safe.end(), false) == safe.end();
}

// Whether the sums over all channels, spread evenly, leave any hope for runs of this length: of each tap.
std::vector<bool> hopeful_taps(const WorstProducts &products, int run, int accumulator_bits) {
    const int runs = products.channels() / run, taps = products.taps(), outs = products.out_channels();
    const CodeRange accumulator = signed_range(accumulator_bits);
    std::vector<std::int64_t> largest(products.largest(0).size()), smallest(largest.size());
    for (int channel = 0; channel < products.channels(); ++channel) {
        for (std::size_t i = 0; i < largest.size(); ++i) {
            largest[i] += products.largest(channel)[i];
            smallest[i] += products.smallest(channel)[i];
        }
    }
    std::vector<bool> hopeful(static_cast<std::size_t>(taps), true);
    for (std::size_t i = 0; i < largest.size(); ++i) {
        const bool possible =
            largest[i] <= std::int64_t{accumulator.high} * runs && smallest[i] >= std::int64_t{accumulator.low} * runs;
        if (!possible) hopeful[i / static_cast<std::size_t>(outs)] = false;
    }
    return hopeful;
}

// Spills of a layer for each output: what short runs cost. Without bound where a tap has no run.
double spills(const std::vector<int> &runs) {
    double sum = 0.0;
    for (const int run : runs) {
        if (run == 0) return std::numeric_limits<double>::infinity();
        sum += 1.0 / run;
    }
    return sum;
}

}  // namespace

std::vector<int> channel_order(const WorstProducts &products, int run, int accumulator_bits) {
    Channels identity = identity_order(products.channels());
    if (is_safe(products, identity, run, accumulator_bits)) return identity;
    Channels order = balanced_order(products, run, accumulator_bits);
    return is_safe(products, order, run, accumulator_bits) ? order : identity;
}

UniformRuns best_uniform_run(const WorstProducts &products, int accumulator_bits) {
    const Channels identity = identity_order(products.channels());
    const int shortest = longest_uniform_run(products, identity, accumulator_bits);
    for (int run = products.channels(); run > std::max(shortest, 1); --run) {
        if (products.channels() % run != 0) continue;
        const std::vector<bool> hopeful = hopeful_taps(products, run, accumulator_bits);
        if (std::find(hopeful.begin(), hopeful.end(), false) != hopeful.end()) continue;
        Channels order = balanced_order(products, run, accumulator_bits);
        if (is_safe(products, order, run, accumulator_bits)) return {run, std::move(order)};
    }
    return {shortest, identity};
}

TapRuns best_tap_runs(const WorstProducts &products, int accumulator_bits) {
    TapRuns best{{}, identity_order(products.channels())};
    best.runs = longest_runs(products, best.order, accumulator_bits);
    for (int run = products.channels() / 2; run > 1; --run) {
        if (products.channels() % run != 0) continue;
        const std::vector<bool> hopeful = hopeful_taps(products, run, accumulator_bits);
        if (std::find(hopeful.begin(), hopeful.end(), true) == hopeful.end()) continue;
        TapRuns found{{}, balanced_order(products, run, accumulator_bits)};
        found.runs = longest_runs(products, found.order, accumulator_bits);
        if (spills(found.runs) < spills(best.runs)) best = std::move(found);
    }
    return best;
}

}  // namespace dsq
