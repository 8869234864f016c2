#include "compile/plan_convolution.h"

#include <algorithm>
#include <limits>

#include "compile/bit_planes.h"
#include "compile/pack_weights.h"
#include "compile/run_length.h"
#include "compile/winograd_transform.h"

namespace dsq {
namespace {

// Runs beyond these gain nothing that is seen, and their code fills the cache.
// Shorter ones are spilled as often as products in 16 bits take instructions more.
constexpr int shortest_useful_run = 3, shortest_useful_sadalp_run = 2;
constexpr int longest_useful_run = 32, longest_useful_winograd_run = 16, longest_useful_wide_run = 64;

// Windows of at most so many input channels take a row's pixels as channels.
constexpr int few_channels = 4;

// Channels that SADALP adds.
constexpr int sadalp_group = 2;

// Channels of a dot product.
constexpr int dot_group = 4;

// Signs whose sum, and a threshold one above it, 16 bits hold.
constexpr int most_signs = 32766;

Status cannot(const std::string &expected, const std::string &found) {
    return {ErrorCode::invalid_argument, "expected " + expected + ", found " + found};
}

// The longest divisor that is useful; 0 of 0.
int useful_run(int longest, int useful) {
    if (longest == 0) return 0;
    int run = std::min(longest, useful);
    while (longest % run != 0) --run;
    return run;
}

// Of all ways: tiles and groups of input channels are filled up, and Winograd's windows are larger.
std::int64_t most_packed_bytes(const ConvolutionOperands &operands, Tile tile) {
    constexpr std::int64_t largest_group = 16;
    const CodeWeights &weights = operands.weights;
    const std::int64_t extent = weights.kernel == 3 ? winograd_extent : weights.kernel;
    const std::int64_t count =
        (std::int64_t{weights.out_channels} + tile.channels) * (weights.in_channels + largest_group) * extent * extent;
    return is_wide(operands) ? 2 * count : count;
}
constexpr std::int64_t largest_packed = std::numeric_limits<std::int32_t>::max();

class Planner {
public:
    Planner(const ConvolutionOperands &operands, Tile tile, std::span<const int> order)
        : operands_(operands),
          tile_(tile),
          order_(order.empty() ? identity_order(operands.weights.in_channels)
                               : std::vector<int>(order.begin(), order.end())),
          weights_(order.empty() ? operands.weights : reordered(operands.weights, order)),
          products_(is_wide(operands) ? CodeWeights{} : operands.weights, operands.input_range) {
    }

    Status plan(ConvolutionWay way, ConvolutionPlan &plan) {
        set("tile_pixels", tile_.pixels);
        if (way != ConvolutionWay::depthwise) set("tile_channels", tile_.channels);
        Status status = plan_way(way);
        if (status.ok()) plan = std::move(plan_);
        return status;
    }

private:
    Status plan_way(ConvolutionWay way) {
        switch (way) {
            case ConvolutionWay::mla:
                return plan_mla(longest_uniform_run(products_, order_, 8));
            case ConvolutionWay::mla_sadalp:
                return plan_mla_sadalp();
            case ConvolutionWay::mla_paper:
                return plan_mla(std::min(run_length(operands_.weight_range, operands_.input_range, 8), in_channels()));
            case ConvolutionWay::smlal:
                return plan_smlal();
            case ConvolutionWay::smlal_sadalp:
                return plan_smlal_sadalp();
            case ConvolutionWay::winograd:
                return plan_winograd(true, 1);
            case ConvolutionWay::winograd_sadalp:
                return plan_winograd(true, sadalp_group);
            case ConvolutionWay::winograd_smlal:
                return plan_winograd(false, 1);
            case ConvolutionWay::popcount:
                return plan_popcount();
            case ConvolutionWay::dot:
                return plan_dot();
            case ConvolutionWay::pairs:
                return plan_pairs();
            case ConvolutionWay::depthwise:
                return plan_depthwise();
            case ConvolutionWay::wide:
                return plan_wide();
        }
        return cannot("a way", "none");
    }

    int in_channels() const {
        return operands_.weights.in_channels;
    }
    static std::size_t index(int i) {
        return static_cast<std::size_t>(i);
    }
    int window() const {
        return operands_.weights.kernel * operands_.weights.kernel;
    }
    // Whether 16 bits hold the sums and the thresholds, which lie up to one above.
    bool narrow() const {
        return fits(products_, 15);
    }
    void set(const char *name, int value) {
        plan_.parameters[name] = std::to_string(value);
    }
    void set(const char *name, std::string value) {
        plan_.parameters[name] = std::move(value);
    }
    // together: weights (or bytes of bits) of an output channel; channels: of the input that a step takes.
    void pack(std::vector<std::int8_t> packed, int together, int channels, int taps = 0) {
        const int kernel = taps == 0 ? operands_.weights.kernel : taps;
        const int tiles = (operands_.weights.out_channels + tile_.channels - 1) / tile_.channels;
        const int of_tap = plan_.row_channels > 0 ? plan_.row_channels : in_channels();
        plan_.weight_extents = {tile_.channels * together,
                                (of_tap + channels - 1) / channels,
                                plan_.row_channels > 0 ? 1 : kernel,
                                kernel,
                                tiles};
        plan_.weights = std::move(packed);
    }

    bool takes_rows() const {
        return in_channels() <= few_channels && window() > 1;
    }
    int row_channels(int multiple) const {
        const int channels = in_channels() * operands_.weights.kernel;
        return (channels + multiple - 1) / multiple * multiple;
    }
    void set_row_channels(int channels) {
        plan_.row_channels = channels;
        set("row_channels", channels);
    }

    Status plan_mla(int longest) {
        if (longest == 0) return cannot("single products that 8 bits hold", "larger ones");
        const int run = in_channels() % longest == 0 ? useful_run(longest, longest_useful_run) : longest;
        plan_.sum_bits = narrow() ? 16 : 32;
        int spill_channels = 0;
        if (plan_.sum_bits == 32) {
            const bool divides = in_channels() % run == 0;
            spill_channels = divides ? run * longest_uniform_spill(products_, order_, run) : spill_by_ranges();
        }
        set("run", run);
        set("spill_channels", spill_channels);
        pack(pack_tiles(weights_, tile_.channels), 1, 1);
        return {};
    }

    // The members of a group have runs of their own: the first of each in one, the second in another.
    static std::vector<int> runs_of_members(const std::vector<int> &channels, int run) {
        std::vector<int> order(channels.size());
        const std::size_t length = index(run), members = sadalp_group;
        for (std::size_t i = 0; i < order.size(); ++i) {
            const std::size_t first = i / (length * members) * (length * members), at = i - first;
            order[i] = channels[first + at % length * members + at / length];
        }
        return order;
    }

    static bool are_safe(const WorstProducts &products, const std::vector<int> &order, int run, int bits) {
        const std::vector<bool> safe = safe_taps(products, order, run, bits);
        return std::find(safe.begin(), safe.end(), false) == safe.end();
    }

    Status plan_mla_sadalp() {
        const int channels = in_channels();
        for (int run = std::min(channels / sadalp_group, longest_useful_run); run > 0; --run) {
            if (channels % (run * sadalp_group) != 0) continue;
            const std::vector<int> order = runs_of_members(order_, run);
            if (!are_safe(products_, order, run, 8)) continue;
            plan_.sum_bits = narrow() ? 16 : 32;
            const int together = run * sadalp_group;
            const int spill = plan_.sum_bits == 16 ? 0 : together * longest_uniform_spill(products_, order, together);
            if (plan_.sum_bits == 32 && spill == 0) break;
            set("group", sadalp_group);
            set("run", run);
            set("spill_channels", spill);
            pack(pack_groups(weights_, tile_.channels, sadalp_group), sadalp_group, sadalp_group);
            return {};
        }
        return cannot("pairs of channels with products that 8 bits hold", "other ones");
    }

    // The longest divisor of the channels that is safe in 16 bits for all weights, whatever rest its runs leave.
    int spill_by_ranges() const {
        int spill = std::min(run_length(operands_.weight_range, operands_.input_range, 16), in_channels());
        while (in_channels() % spill != 0) --spill;
        return spill;
    }

    Status plan_smlal() {
        plan_.sum_bits = narrow() ? 16 : 32;
        const int longest = plan_.sum_bits == 16 ? 0 : longest_uniform_run(products_, order_, 16);
        if (plan_.sum_bits == 32 && longest == 0) return cannot("single products that 16 bits hold", "larger ones");
        set("spill_channels", longest);
        pack(pack_tiles(weights_, tile_.channels), 1, 1);
        return {};
    }

    // Of runs that are loaded at once the one that takes the fewest instructions: each ends with one that adds it.
    Status plan_smlal_sadalp() {
        double least = 0;
        for (const int run : {1, 2, 4, 8, 16}) {
            const int together = run * sadalp_group, channels = takes_rows() ? row_channels(together) : in_channels();
            if (channels % together != 0) continue;
            const CodeWeights weights = takes_rows() ? rows_as_channels(weights_, channels) : weights_;
            const std::vector<int> order = takes_rows() ? identity_order(weights.in_channels) : order_;
            const double instructions = channels * (1.0 + 1.0 / run);
            if (least > 0 && instructions >= least) continue;
            if (!are_safe(takes_rows() ? WorstProducts(weights, operands_.input_range) : products_,
                          runs_of_members(order, run),
                          run,
                          16)) {
                continue;
            }
            least = instructions;
            set("group", sadalp_group);
            set("spill_channels", together);
            if (takes_rows()) set_row_channels(channels);
            pack(pack_groups(weights, tile_.channels, sadalp_group), sadalp_group, sadalp_group);
        }
        return least > 0 ? Status{} : cannot("pairs of channels with products that 16 bits hold", "other ones");
    }

    // Of each position, where the members of groups have runs of their own; 0 where even single products are too large.
    std::vector<int> longest_runs_of_members(const WorstProducts &products) const {
        const int groups = in_channels() / sadalp_group;
        std::vector<int> longest(static_cast<std::size_t>(products.taps()));
        for (int run = std::min(groups, longest_useful_winograd_run); run > 0; --run) {
            if (groups % run != 0) continue;
            const std::vector<bool> safe = safe_taps(products, runs_of_members(order_, run), run, 8);
            for (std::size_t tap = 0; tap < longest.size(); ++tap) {
                if (longest[tap] == 0 && safe[tap]) longest[tap] = run;
            }
        }
        return longest;
    }

    Status plan_winograd(bool mla, int group) {
        CodeWeights transformed;
        WinogradRanges ranges;
        Status status = transform_weights(operands_.weights, transformed);
        if (status.ok()) status = transform_range(operands_.input_range, ranges);
        if (!status.ok()) return status;
        const bool is_narrow = winograd_fits(operands_.weights, operands_.input_range, 16) && narrow();
        if (mla && !is_narrow) return cannot("sums that 16 bits hold", "larger ones");
        if (in_channels() % group != 0) return cannot("pairs of channels", "an odd number of them");
        const WorstProducts products(transformed, ranges);
        const std::vector<int> longest =
            group > 1 ? longest_runs_of_members(products) : longest_runs(products, order_, mla ? 8 : 16);
        const int shortest = group > 1 ? shortest_useful_sadalp_run : shortest_useful_run;
        std::string runs;
        bool is_useful = !mla;
        for (const int length : longest) {
            if (length == 0 && !mla) return cannot("single products that 16 bits hold", "larger ones");
            int run = useful_run(length, mla ? longest_useful_winograd_run : longest_useful_wide_run);
            if (mla && run < shortest) run = 0;
            is_useful |= run > 0;
            runs += (runs.empty() ? "" : ",") + std::to_string(run);
        }
        if (!is_useful) return cannot("runs of at least " + std::to_string(shortest), "shorter ones");
        if (!mla && is_narrow) runs = std::to_string(in_channels());
        set("product", mla ? "mla" : "smlal");
        set("runs", runs);
        set("group", group);
        set("wide", is_narrow ? "false" : "true");
        plan_.sum_bits = is_narrow ? 16 : 32;
        std::vector<std::int8_t> packed;
        status = pack_winograd(weights_, tile_.channels, packed, group);
        if (status.ok()) pack(std::move(packed), group, group, winograd_extent);
        return status;
    }

    // Where the way adds this to all activations.
    void start_for(int added) {
        const CodeWeights &weights = operands_.weights;
        const int tiles = (weights.out_channels + tile_.channels - 1) / tile_.channels;
        plan_.start.resize(index(tiles) * index(tile_.channels));
        const std::size_t products = index(weights.in_channels) * index(window());
        for (std::size_t i = 0; i < weights.values.size(); ++i) plan_.start[i / products] -= added * weights.values[i];
    }

    Status plan_popcount() {
        const int planes = bit_planes(operands_.weight_range), others = bit_planes(operands_.input_range);
        set("weight_planes", planes);
        set("activation_planes", others);
        pack(pack_planes(weights_, tile_.channels, planes), 2, plane_channels);
        plan_.weight_extents[1] *= planes;
        const bool are_signs = planes == 1 && others == 1;
        plan_.sum_bits = are_signs && in_channels() * window() <= most_signs ? 16 : 32;
        if (are_signs) return {};
        plan_.start = planes_start(weights_, planes, others);
        plan_.start.resize(index(plan_.weight_extents[4]) * index(tile_.channels));
        return {};
    }

    Status plan_dot() {
        constexpr int half_of_a_byte = 128;
        if (operands_.is_x86) {
            set("unsigned_codes", "true");
            start_for(half_of_a_byte);
        }
        plan_.sum_bits = 32;
        if (!operands_.is_x86 && takes_rows()) {
            const int channels = row_channels(dot_group);
            set_row_channels(channels);
            weights_ = rows_as_channels(weights_, channels);
        }
        pack(pack_groups(weights_, tile_.channels, dot_group), dot_group, dot_group);
        return {};
    }

    Status plan_pairs() {
        constexpr int widest_narrow_code = 7;
        plan_.sum_bits = narrow() && operands_.input_bits <= widest_narrow_code ? 16 : 32;
        set("sum_bits", plan_.sum_bits);
        set("activation_bits", operands_.input_bits);
        if (plan_.sum_bits == 16) start_for(1 << (operands_.input_bits - 1));
        pack(pack_groups(weights_, tile_.channels, 2), 2, 2);
        return {};
    }

    Status plan_depthwise() {
        plan_.sum_bits = narrow() ? 16 : 32;
        set("sum_bits", plan_.sum_bits);
        const int channels = operands_.weights.out_channels, kernel = operands_.weights.kernel;
        plan_.weights = pack_tiles(operands_.weights, channels);
        plan_.weight_extents = {channels, 1, kernel, kernel, 1};
        return {};
    }

    Status plan_wide() {
        const int group = operands_.is_x86 ? 2 : 1;
        set("group", group);
        const std::vector<std::int16_t> packed = pack_wide(weights_, tile_.channels, group);
        const auto *bytes = reinterpret_cast<const std::int8_t *>(packed.data());
        pack({bytes, bytes + packed.size() * sizeof(std::int16_t)}, group, group);
        plan_.sum_bits = 32;
        plan_.weight_type = ElementType::i16;
        return {};
    }

    const ConvolutionOperands &operands_;
    Tile tile_;
    std::vector<int> order_;
    CodeWeights weights_;
    WorstProducts products_;
    ConvolutionPlan plan_;
};

}  // namespace

Status plan_convolution(ConvolutionWay way,
                        const ConvolutionOperands &operands,
                        Tile tile,
                        std::span<const int> order,
                        ConvolutionPlan &plan) {
    if (!is_for(way, operands)) return cannot("a layer that " + std::string(name(way)) + " is for", "another");
    if (const std::int64_t bytes = most_packed_bytes(operands, tile); bytes > largest_packed) {
        return cannot("packed weights of at most " + std::to_string(largest_packed) + " bytes", std::to_string(bytes));
    }
    return Planner(operands, tile, order).plan(way, plan);
}

CodeWeights reordered(const CodeWeights &weights, std::span<const int> order) {
    CodeWeights result{weights.out_channels, weights.in_channels, weights.kernel, {}};
    for (int out = 0; out < weights.out_channels; ++out) {
        for (const int in : order) {
            for (int tap = 0; tap < weights.kernel * weights.kernel; ++tap) {
                result.values.push_back(weights.at(out, in, tap / weights.kernel, tap % weights.kernel));
            }
        }
    }
    return result;
}

}  // namespace dsq
