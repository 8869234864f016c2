#include "compile/channel_order.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

namespace dsq {
namespace {

using Channels = std::vector<int>;

// A run that is being filled, and how much room its sums have left.
class Run {
public:
    Run(const WorstProducts &products, CodeRange accumulator)
        : products_(products),
          accumulator_(accumulator),
          largest_(products.largest(0).size()),
          smallest_(largest_.size()),
          pressure_up_(largest_.size()),
          pressure_down_(largest_.size()) {
    }

    const Channels &channels() const {
        return channels_;
    }

    // How much worse the channel makes what is tight already.
    std::int64_t cost(int channel) const {
        const std::int16_t *largest = products_.largest(channel).data(), *smallest = products_.smallest(channel).data();
        std::int64_t sum = 0;
        for (std::size_t i = 0; i < largest_.size(); ++i) {
            sum += largest[i] * pressure_up_[i] - smallest[i] * pressure_down_[i];
        }
        return sum;
    }

    void add(int channel) {
        const auto largest = products_.largest(channel), smallest = products_.smallest(channel);
        for (std::size_t i = 0; i < largest_.size(); ++i) {
            largest_[i] += largest[i];
            smallest_[i] += smallest[i];
            pressure_up_[i] = pressure(largest_[i], accumulator_.high);
            pressure_down_[i] = pressure(smallest_[i], accumulator_.low);
        }
        channels_.push_back(channel);
    }

    // By how much sums leave the accumulator in all, were one channel another; only of the taps that count. May stop
    // counting beyond the limit.
    std::int64_t excess(const std::vector<bool> &taps, int without, int with, std::int64_t limit) const {
        const auto outs = static_cast<std::size_t>(products_.out_channels());
        std::int64_t sum = 0;
        for (std::size_t tap = 0; tap < taps.size() && sum <= limit; ++tap) {
            if (taps[tap]) sum += excess_of_tap(tap * outs, outs, without, with);
        }
        return sum;
    }

    void exchange(std::size_t index, int with) {
        const int without = channels_[index];
        for (std::size_t i = 0; i < largest_.size(); ++i) {
            largest_[i] += products_.largest(with)[i] - products_.largest(without)[i];
            smallest_[i] += products_.smallest(with)[i] - products_.smallest(without)[i];
        }
        channels_[index] = with;
    }

private:
    // Grows steeply towards the bound: 0 to 4096, and a little beyond.
    static std::int32_t pressure(std::int32_t sum, int bound) {
        const std::int64_t share = std::clamp<std::int64_t>(64 * std::int64_t{sum} / bound, 0, 80);
        return static_cast<std::int32_t>(share * share * share / 64);
    }

    std::int32_t excess_of_tap(std::size_t first, std::size_t outs, int without, int with) const {
        const std::int16_t *most_with = products_.largest(with).data(),
                           *most_without = products_.largest(without).data();
        const std::int16_t *least_with = products_.smallest(with).data();
        const std::int16_t *least_without = products_.smallest(without).data();
        std::int32_t sum = 0;
        for (std::size_t i = first; i < first + outs; ++i) {
            sum += std::max(largest_[i] + most_with[i] - most_without[i] - accumulator_.high, 0) +
                   std::max(accumulator_.low - smallest_[i] - least_with[i] + least_without[i], 0);
        }
        return sum;
    }

    const WorstProducts &products_;
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
std::vector<Run> balanced_runs(const WorstProducts &products, int run, int accumulator_bits) {
    const auto length = static_cast<std::size_t>(run);
    std::vector<Run> runs(static_cast<std::size_t>(products.channels()) / length,
                          Run(products, signed_range(accumulator_bits)));
    for (const int channel : hardest_first(products)) {
        Run *best = nullptr;
        std::int64_t least = std::numeric_limits<std::int64_t>::max();
        for (Run &candidate : runs) {
            if (candidate.channels().size() == length) continue;
            const std::int64_t cost = candidate.cost(channel);
            if (cost < least) {
                best = &candidate;
                least = cost;
            }
            if (candidate.channels().empty()) break;  // the other empty ones are equal
        }
        best->add(channel);
    }
    return runs;
}

// What runs exceed the accumulator by, and exchanges of channels that lessen it.
class Repair {
public:
    Repair(std::vector<Run> &runs, const std::vector<bool> &taps) : runs_(runs), taps_(taps) {
        for (const Run &run : runs_) {
            const int any = run.channels().front();
            excess_.push_back(run.excess(taps_, any, any, no_limit));
        }
    }

    // Gives up where a round over the runs brings little.
    void exchange_channels() {
        std::int64_t before = no_limit, now = total();
        while (now > 0 && now < before - before / 8) {
            for (std::size_t run = 0; run < runs_.size(); ++run) {
                if (excess_[run] > 0) relieve(run);
            }
            before = std::exchange(now, total());
        }
    }

private:
    static constexpr std::int64_t no_limit = std::numeric_limits<std::int64_t>::max();

    std::int64_t total() const {
        return std::accumulate(excess_.begin(), excess_.end(), std::int64_t{0});
    }

    // By the first exchange that helps.
    void relieve(std::size_t run) {
        for (std::size_t index = 0; index < runs_[run].channels().size(); ++index) {
            for (std::size_t step = 1; step < runs_.size(); ++step) {
                const std::size_t other = (run + step) % runs_.size();
                for (std::size_t other_index = 0; other_index < runs_[other].channels().size(); ++other_index) {
                    if (exchange_helps(run, index, other, other_index)) return;
                }
            }
        }
    }

    bool exchange_helps(std::size_t run, std::size_t index, std::size_t other, std::size_t other_index) {
        const int channel = runs_[run].channels()[index], other_channel = runs_[other].channels()[other_index];
        const std::int64_t limit = excess_[run] + excess_[other] - 1;
        const std::int64_t mine = runs_[run].excess(taps_, channel, other_channel, limit);
        if (mine > limit) return false;
        const std::int64_t theirs = runs_[other].excess(taps_, other_channel, channel, limit - mine);
        if (mine + theirs > limit) return false;
        runs_[run].exchange(index, other_channel);
        runs_[other].exchange(other_index, channel);
        excess_[run] = mine;
        excess_[other] = theirs;
        return true;
    }

    std::vector<Run> &runs_;
    const std::vector<bool> &taps_;
    std::vector<std::int64_t> excess_;
};

// Good for runs of this length at the taps that count.
Channels balanced_order(const WorstProducts &products, int run, int accumulator_bits, const std::vector<bool> &taps) {
    std::vector<Run> runs = balanced_runs(products, run, accumulator_bits);
    Repair(runs, taps).exchange_channels();
    Channels order;
    for (const Run &filled : runs) order.insert(order.end(), filled.channels().begin(), filled.channels().end());
    return order;
}

bool is_safe(const WorstProducts &products, const Channels &order, int run, int accumulator_bits) {
    const std::vector<bool> safe = safe_taps(products, order, run, accumulator_bits);
    return std::find(safe.begin(), safe.end(), false) == safe.end();
}

std::vector<bool> all_taps(const WorstProducts &products) {
    return std::vector<bool>(static_cast<std::size_t>(products.taps()), true);
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

// What short runs cost, in instructions for 16 products of each tap: products in 16 bits take two, which a spill adds
// to one in 8 bits.
double spills(const std::vector<int> &runs) {
    double sum = 0.0;
    for (const int run : runs) sum += run <= 2 ? 1.0 : 2.0 / run;
    return sum;
}

}  // namespace

std::vector<int> channel_order(const WorstProducts &products, int run, int accumulator_bits) {
    Channels identity = identity_order(products.channels());
    if (is_safe(products, identity, run, accumulator_bits)) return identity;
    Channels order = balanced_order(products, run, accumulator_bits, all_taps(products));
    return is_safe(products, order, run, accumulator_bits) ? order : identity;
}

UniformRuns best_uniform_run(const WorstProducts &products, int accumulator_bits) {
    const Channels identity = identity_order(products.channels());
    const int shortest = longest_uniform_run(products, identity, accumulator_bits);
    for (int run = products.channels(); run > std::max(shortest, 1); --run) {
        if (products.channels() % run != 0) continue;
        const std::vector<bool> hopeful = hopeful_taps(products, run, accumulator_bits);
        if (std::find(hopeful.begin(), hopeful.end(), false) != hopeful.end()) continue;
        Channels order = balanced_order(products, run, accumulator_bits, hopeful);
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
        TapRuns found{{}, balanced_order(products, run, accumulator_bits, hopeful)};
        found.runs = longest_runs(products, found.order, accumulator_bits);
        if (spills(found.runs) < spills(best.runs)) best = std::move(found);
    }
    return best;
}

}  // namespace dsq
