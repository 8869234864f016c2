// What a kernel for a layer of 3x3 windows is made with, and the operands that it runs on.
//
//   plan_layer WAY CHANNELS SIZE BITS TILE_CHANNELS FOLDER
//
// Weights are those of random_weights (a fixed seed), activations have as many bits as they; codes of popcount are -1
// and +1. Prints a JSON object: the parameters of the way's generator, as far as they follow from the layer and its
// weights, and the bits of the accumulator. Writes into the folder what the kernel reads, as it reads it: input (with
// its border), weights (packed), thresholds; and the codes that a plain loop gives: expected.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "compile/channel_order.h"
#include "compile/pack_weights.h"
#include "compile/random_weights.h"
#include "compile/winograd_transform.h"
#include "data/random.h"

namespace {

using dsq::CodeRange, dsq::CodeWeights, dsq::WorstProducts;
using Codes = std::vector<std::int8_t>;

constexpr std::uint64_t seed = 8;

struct Layer {
    int channels, size, bits, tile_channels;
    int distance;  // of codes

    CodeRange range() const {
        return dsq::shifted_range(bits);
    }
    int code(int level) const {
        return range().low + distance * level;
    }
    int levels() const {
        return (1 << bits) - 1;
    }
    std::size_t pixels() const {
        return static_cast<std::size_t>(size) * static_cast<std::size_t>(size);
    }
};

struct Plan {
    std::vector<int> order;  // of the input channels
    Codes weights;           // packed
    int accumulator_bits;
    std::map<std::string, int> parameters;  // of the generator, besides those of the layer
    std::map<std::string, std::string> words{};
};

[[noreturn]] void fail(const std::string &message) {
    std::fprintf(stderr, "plan_layer: %s\n", message.c_str());
    std::exit(1);
}

// The input channels in the order in which the kernel has them.
CodeWeights reordered(const CodeWeights &weights, const std::vector<int> &order) {
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

// Runs beyond this gain nothing that is seen, and their code fills the cache.
constexpr int longest_useful_run = 32;

// Such that the members of a group (of the kernel's) are of different runs, as long as these of the order.
std::vector<int> interleaved_runs(const std::vector<int> &order, int run, int group) {
    std::vector<int> result(order.size());
    const auto length = static_cast<std::size_t>(run), members = static_cast<std::size_t>(group);
    for (std::size_t i = 0; i < order.size(); ++i) {
        const std::size_t first = i / (length * members) * (length * members), at = i - first;
        result[first + at % length * members + at / length] = order[i];
    }
    return result;
}

Plan plan_mla(const Layer &layer, const CodeWeights &weights, int group) {
    const WorstProducts products(weights, layer.range());
    const auto [longest, run_order] = dsq::best_uniform_run(products);
    if (longest == 0) fail("a single product leaves 8 bits");
    if (layer.channels % group != 0) fail("groups do not divide the channels");
    int run = longest;
    while (run > longest_useful_run || longest % run != 0 || layer.channels % (run * group) != 0) --run;
    const std::vector<int> order = interleaved_runs(run_order, run, group);
    const bool narrow = dsq::fits(products, 16);
    const int together = run * group;
    return {order,
            dsq::pack_groups(reordered(weights, order), layer.tile_channels, group),
            narrow ? 16 : 32,
            {{"group", group},
             {"run", run},
             {"spill_channels", narrow ? 0 : together * dsq::longest_uniform_spill(products, order, together)},
             {"tile_channels", layer.tile_channels}}};
}

Plan plan_mla_saddw(const Layer &layer, const CodeWeights &weights) {
    return plan_mla(layer, weights, 1);
}

Plan plan_mla_sadalp(const Layer &layer, const CodeWeights &weights) {
    return plan_mla(layer, weights, 2);
}

// The paper's pattern: runs that are safe for all weights of the range.
Plan plan_mla_paper(const Layer &layer, const CodeWeights &weights) {
    const int longest_wide = dsq::run_length(layer.range(), layer.range(), 16);
    const bool narrow = 9 * layer.channels <= longest_wide;
    int spill_channels = narrow ? 0 : std::min(layer.channels, longest_wide);
    while (!narrow && layer.channels % spill_channels != 0) --spill_channels;
    return {dsq::identity_order(layer.channels),
            dsq::pack_tiles(weights, layer.tile_channels),
            narrow ? 16 : 32,
            {{"run", dsq::run_length(layer.range(), layer.range(), 8)},
             {"spill_channels", spill_channels},
             {"tile_channels", layer.tile_channels}}};
}

Plan plan_smlal(const Layer &layer, const CodeWeights &weights) {
    const WorstProducts products(weights, layer.range());
    const std::vector<int> order = dsq::identity_order(layer.channels);
    const bool narrow = dsq::fits(products, 16);
    return {order,
            dsq::pack_tiles(weights, layer.tile_channels),
            narrow ? 16 : 32,
            {{"spill_channels", narrow ? 0 : dsq::longest_uniform_run(products, order, 16)},
             {"tile_channels", layer.tile_channels}}};
}

Plan plan_popcount(const Layer &layer, const CodeWeights &weights) {
    return {dsq::identity_order(layer.channels),
            dsq::pack_bits(weights, layer.tile_channels),
            9 * layer.channels <= 32767 ? 16 : 32,
            {{"tile_channels", layer.tile_channels}}};
}

// Runs in 16 bits are spilled so seldom that longer ones gain nothing.
constexpr int longest_useful_wide_run = 64;

std::string text_of(const std::vector<int> &longest, int useful) {
    std::string text;
    for (const int length : longest) {
        if (length == 0) fail("a single product leaves its type");
        int run = std::min(length, useful);
        while (length % run != 0) --run;
        text += (text.empty() ? "" : ",") + std::to_string(run);
    }
    return text;
}

dsq::TapRuns winograd_runs(const Layer &layer, const CodeWeights &weights, bool mla) {
    CodeWeights transformed;
    dsq::WinogradRanges ranges;
    dsq::Status status = dsq::transform_weights(weights, transformed);
    if (status.ok()) status = dsq::transform_range(layer.range(), ranges);
    if (!status.ok()) fail(status.message());
    const WorstProducts products(transformed, ranges);
    if (mla) return dsq::best_tap_runs(products);
    const std::vector<int> order = dsq::identity_order(layer.channels);
    return {dsq::longest_runs(products, order, 16), order};
}

Plan plan_winograd(const Layer &layer, const CodeWeights &weights, bool mla) {
    const bool narrow = dsq::winograd_fits(weights, layer.range(), 16);
    if (mla && !narrow) fail("16 bits do not hold the sums");
    const auto [longest, order] = winograd_runs(layer, weights, mla);
    std::string runs = text_of(longest, mla ? 16 : longest_useful_wide_run);
    if (!mla && narrow) runs = std::to_string(layer.channels);
    Codes packed;
    const dsq::Status status = dsq::pack_winograd(reordered(weights, order), layer.tile_channels, packed);
    if (!status.ok()) fail(status.message());
    return {order,
            packed,
            narrow ? 16 : 32,
            {{"tile_channels", layer.tile_channels}},
            {{"product", mla ? "mla" : "smlal"}, {"runs", runs}, {"wide", narrow ? "false" : "true"}}};
}

Plan plan_winograd_mla(const Layer &layer, const CodeWeights &weights) {
    return plan_winograd(layer, weights, true);
}

Plan plan_winograd_smlal(const Layer &layer, const CodeWeights &weights) {
    return plan_winograd(layer, weights, false);
}

Plan plan_dot(const Layer &layer, const CodeWeights &weights) {
    return {dsq::identity_order(layer.channels),
            dsq::pack_groups(weights, layer.tile_channels, 4),
            32,
            {{"tile_channels", layer.tile_channels}}};
}

Plan plan_depthwise(const Layer &layer, const CodeWeights &weights) {
    return {dsq::identity_order(layer.channels), dsq::pack_tiles(weights, layer.channels), 16, {{"sum_bits", 16}}};
}

struct Way {
    std::function<Plan(const Layer &, const CodeWeights &)> plan;
    int distance = 1;  // of codes
    bool depthwise = false;
};

const std::map<std::string, Way> ways = {
    {"depthwise", {plan_depthwise, 1, true}},
    {"dot", {plan_dot}},
    {"mla", {plan_mla_saddw}},
    {"mla_paper", {plan_mla_paper}},
    {"mla_sadalp", {plan_mla_sadalp}},
    {"popcount", {plan_popcount, 2}},
    {"smlal", {plan_smlal}},
    {"winograd", {plan_winograd_mla}},
    {"winograd_smlal", {plan_winograd_smlal}},
};

// Codes with a border of one pixel, which holds the lowest: [y][x][channel].
Codes random_input(const Layer &layer) {
    const int width = layer.size + 2;
    const dsq::Random random(seed, 1, 0);
    Codes input;
    for (int i = 0; i < width * width * layer.channels; ++i) {
        const int x = i / layer.channels % width, y = i / layer.channels / width;
        const bool is_border = x == 0 || y == 0 || x > layer.size || y > layer.size;
        const int code = is_border ? 0 : static_cast<int>(random(static_cast<std::size_t>(i)) >> (64 - layer.bits));
        input.push_back(static_cast<std::int8_t>(layer.code(code)));
    }
    return input;
}

// Weights of a channel by itself as those of all channels, with zeros.
CodeWeights diagonal(const CodeWeights &weights) {
    const auto channels = static_cast<std::size_t>(weights.out_channels);
    CodeWeights result{
        weights.out_channels, weights.out_channels, 3, std::vector<std::int16_t>(channels * channels * 9)};
    for (std::size_t i = 0; i < weights.values.size(); ++i) {
        result.values[i / 9 * (channels + 1) * 9 + i % 9] = weights.values[i];
    }
    return result;
}

// [y][x][channel]
std::vector<std::int32_t> plain_sums(const Layer &layer, const CodeWeights &weights, const Codes &input) {
    const auto channels = static_cast<std::size_t>(layer.channels), size = static_cast<std::size_t>(layer.size);
    std::vector<std::int32_t> sums(layer.pixels() * channels), row(channels);
    for (std::size_t tap = 0; tap < 9; ++tap) {
        for (std::size_t in = 0; in < channels; ++in) {
            for (std::size_t out = 0; out < channels; ++out)
                row[out] = int{weights.values[(out * channels + in) * 9 + tap]};
            for (std::size_t pixel = 0; pixel < layer.pixels(); ++pixel) {
                const std::size_t x = pixel % size + tap % 3, y = pixel / size + tap / 3;
                const std::int8_t code = input[(y * (size + 2) + x) * channels + in];
                for (std::size_t out = 0; out < channels; ++out) sums[pixel * channels + out] += row[out] * code;
            }
        }
    }
    return sums;
}

// Such that each code is as frequent as the others: [level][channel].
std::vector<std::int32_t> even_thresholds(const Layer &layer, const std::vector<std::int32_t> &sums) {
    const auto channels = static_cast<std::size_t>(layer.channels), levels = static_cast<std::size_t>(layer.levels());
    std::vector<std::int32_t> thresholds(levels * channels), of_channel(layer.pixels());
    for (std::size_t c = 0; c < channels; ++c) {
        for (std::size_t pixel = 0; pixel < layer.pixels(); ++pixel) of_channel[pixel] = sums[pixel * channels + c];
        std::sort(of_channel.begin(), of_channel.end());
        for (std::size_t level = 0; level < levels; ++level) {
            thresholds[level * channels + c] = of_channel[(level + 1) * layer.pixels() / (levels + 1)];
        }
    }
    return thresholds;
}

Codes codes_of(const Layer &layer, const std::vector<std::int32_t> &sums, const std::vector<std::int32_t> &thresholds) {
    const auto channels = static_cast<std::size_t>(layer.channels);
    Codes codes;
    for (std::size_t i = 0; i < sums.size(); ++i) {
        int level = 0;
        for (std::size_t at = i % channels; at < thresholds.size(); at += channels) level += sums[i] >= thresholds[at];
        codes.push_back(static_cast<std::int8_t>(layer.code(level)));
    }
    return codes;
}

Codes reordered(const Codes &input, const std::vector<int> &order) {
    Codes result;
    for (std::size_t pixel = 0; pixel < input.size(); pixel += order.size()) {
        for (const int in : order) result.push_back(input[pixel + static_cast<std::size_t>(in)]);
    }
    return result;
}

template <typename Element>
void write(const std::string &folder, const char *name, const std::vector<Element> &elements) {
    std::ofstream file(folder + "/" + name, std::ios::binary);
    file.write(reinterpret_cast<const char *>(elements.data()),
               static_cast<std::streamsize>(elements.size() * sizeof(Element)));
    file.close();
    if (!file) fail("could not write " + folder + "/" + name);
}

void write_operands(const Layer &layer, const Plan &plan, const CodeWeights &weights, const std::string &folder) {
    const Codes input = random_input(layer);
    const std::vector<std::int32_t> sums = plain_sums(layer, weights, input);
    const std::vector<std::int32_t> thresholds = even_thresholds(layer, sums);
    write(folder, "input", reordered(input, plan.order));
    write(folder, "weights", plan.weights);
    if (plan.accumulator_bits == 16) {
        write(folder, "thresholds", std::vector<std::int16_t>(thresholds.begin(), thresholds.end()));
    } else {
        write(folder, "thresholds", thresholds);
    }
    write(folder, "expected", codes_of(layer, sums, thresholds));
}

void print_plan(const Layer &layer, Plan plan) {
    plan.parameters.insert({{"in_channels", layer.channels},
                            {"out_channels", layer.channels},
                            {"kernel", 3},
                            {"stride", 1},
                            {"width", layer.size},
                            {"height", layer.size},
                            {"levels", layer.levels()},
                            {"lowest_code", layer.code(0)},
                            {"code_distance", layer.distance}});
    std::printf("{\"accumulator_bits\": %d, \"parameters\": {\"epilogue\": \"codes\"", plan.accumulator_bits);
    for (const auto &[name, value] : plan.parameters) std::printf(", \"%s\": %d", name.c_str(), value);
    for (const auto &[name, word] : plan.words) std::printf(", \"%s\": \"%s\"", name.c_str(), word.c_str());
    std::printf("}}\n");
}

}  // namespace

int main(int argc, char **argv) {
    if (argc != 7) fail("expected WAY CHANNELS SIZE BITS TILE_CHANNELS FOLDER");
    const auto way = ways.find(argv[1]);
    if (way == ways.end()) fail(std::string("way: found no '") + argv[1] + "'");
    const Layer layer{
        std::atoi(argv[2]), std::atoi(argv[3]), std::atoi(argv[4]), std::atoi(argv[5]), way->second.distance};
    if (layer.channels < 1 || layer.size < 1 || layer.bits < 1 || layer.bits > 8 || layer.tile_channels < 1) {
        fail("expected positive numbers, and at most 8 bits");
    }
    if (layer.distance != 1 && layer.bits != 1) fail(std::string(argv[1]) + " is for 1 bit");
    const bool depthwise = way->second.depthwise;
    CodeWeights weights = dsq::random_weights(layer.channels, depthwise ? 1 : layer.channels, 3, layer.bits, seed);
    for (std::int16_t &weight : weights.values) {
        weight = static_cast<std::int16_t>(layer.code(weight - layer.range().low));
    }
    const Plan plan = way->second.plan(layer, weights);
    write_operands(layer, plan, depthwise ? diagonal(weights) : weights, argv[6]);
    print_plan(layer, plan);
}
