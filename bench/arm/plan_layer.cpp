// What a kernel for a layer of 3x3 windows is made with, and the operands that it runs on.
//
//   plan_layer WAY CHANNELS SIZE BITS TILE_PIXELS TILE_CHANNELS FOLDER
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
#include <map>
#include <string>
#include <vector>

#include "compile/channel_order.h"
#include "compile/plan_convolution.h"
#include "compile/random_weights.h"
#include "compile/winograd_transform.h"
#include "data/random.h"

namespace {

using dsq::CodeRange, dsq::CodeWeights, dsq::ConvolutionPlan, dsq::WorstProducts;
using Codes = std::vector<std::int8_t>;

constexpr std::uint64_t seed = 8;

struct Layer {
    int channels, size, bits;
    int distance;  // of codes

    CodeRange range() const {
        return distance == 1 ? dsq::shifted_range(bits) : CodeRange{-1, 1};
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

[[noreturn]] void fail(const std::string &message) {
    std::fprintf(stderr, "plan_layer: %s\n", message.c_str());
    std::exit(1);
}

// What is particular to a way: the order of the input channels that suits it.
enum class Order { as_they_come, uniform_runs, pairs_of_runs, tap_runs };

struct WayFacts {
    Order order = Order::as_they_come;
    bool signs = false, depthwise = false;  // codes are -1 and +1; each channel by itself
};

const std::map<std::string, WayFacts> ways = {
    {"depthwise", {.depthwise = true}},
    {"dot", {}},
    {"mla", {Order::uniform_runs}},
    {"mla_paper", {}},
    {"mla_sadalp", {Order::pairs_of_runs}},
    {"popcount", {.signs = true}},
    {"smlal", {}},
    {"winograd", {Order::tap_runs}},
    {"winograd_sadalp", {Order::tap_runs}},
    {"winograd_smlal", {}},
};

// Such that the members of a pair are of different runs, as long as these of the order.
std::vector<int> paired_runs(const std::vector<int> &order, int run) {
    std::vector<int> result(order.size());
    const auto length = static_cast<std::size_t>(run);
    for (std::size_t i = 0; i < order.size(); ++i) {
        const std::size_t first = i / (length * 2) * (length * 2), at = i - first;
        result[first + at % length * 2 + at / length] = order[i];
    }
    return result;
}

WorstProducts transformed_products(const Layer &layer, const CodeWeights &weights) {
    CodeWeights transformed;
    dsq::WinogradRanges ranges;
    dsq::Status status = dsq::transform_weights(weights, transformed);
    if (status.ok()) status = dsq::transform_range(layer.range(), ranges);
    if (!status.ok()) fail(status.message());
    return {transformed, ranges};
}

std::vector<int> order_of(const Layer &layer, const CodeWeights &weights, Order order) {
    if (order == Order::as_they_come) return dsq::identity_order(layer.channels);
    if (order == Order::tap_runs) return dsq::best_tap_runs(transformed_products(layer, weights)).order;
    const auto [longest, best] = dsq::best_uniform_run(WorstProducts(weights, layer.range()));
    if (order == Order::uniform_runs) return best;
    int run = std::min(longest, layer.channels / 2);
    while (run > 1 && layer.channels % (2 * run) != 0) --run;
    return run > 0 ? paired_runs(best, run) : best;
}

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

void write_operands(const Layer &layer,
                    const std::vector<int> &order,
                    const ConvolutionPlan &plan,
                    const CodeWeights &weights,
                    const std::string &folder) {
    const Codes input = random_input(layer);
    const std::vector<std::int32_t> sums = plain_sums(layer, weights, input);
    const std::vector<std::int32_t> thresholds = even_thresholds(layer, sums);
    write(folder, "input", reordered(input, order));
    write(folder, "weights", plan.weights);
    if (plan.sum_bits == 16) {
        write(folder, "thresholds", std::vector<std::int16_t>(thresholds.begin(), thresholds.end()));
    } else {
        write(folder, "thresholds", thresholds);
    }
    write(folder, "expected", codes_of(layer, sums, thresholds));
}

void print_plan(const Layer &layer, ConvolutionPlan plan) {
    const std::pair<const char *, int> numbers[] = {{"in_channels", layer.channels},
                                                    {"out_channels", layer.channels},
                                                    {"kernel", 3},
                                                    {"stride", 1},
                                                    {"width", layer.size},
                                                    {"height", layer.size},
                                                    {"levels", layer.levels()},
                                                    {"lowest_code", layer.code(0)},
                                                    {"code_distance", layer.distance}};
    for (const auto &[name, value] : numbers) plan.parameters[name] = std::to_string(value);
    std::printf("{\"accumulator_bits\": %d, \"parameters\": {\"epilogue\": \"codes\"", plan.sum_bits);
    for (const auto &[name, value] : plan.parameters) std::printf(", \"%s\": \"%s\"", name.c_str(), value.c_str());
    std::printf("}}\n");
}

}  // namespace

int main(int argc, char **argv) {
    if (argc != 8) fail("expected WAY CHANNELS SIZE BITS TILE_PIXELS TILE_CHANNELS FOLDER");
    const auto way = ways.find(argv[1]);
    if (way == ways.end()) fail(std::string("way: found no '") + argv[1] + "'");
    const WayFacts &facts = way->second;
    const Layer layer{std::atoi(argv[2]), std::atoi(argv[3]), std::atoi(argv[4]), facts.signs ? 2 : 1};
    const dsq::Tile tile{std::atoi(argv[5]), std::atoi(argv[6])};
    if (layer.channels < 1 || layer.size < 1 || layer.bits < 1 || layer.bits > 8 || tile.pixels < 1 ||
        tile.channels < 1) {
        fail("expected positive numbers, and at most 8 bits");
    }
    if (facts.signs && layer.bits != 1) fail(std::string(argv[1]) + " is for 1 bit");
    CodeWeights weights =
        dsq::random_weights(layer.channels, facts.depthwise ? 1 : layer.channels, 3, layer.bits, seed);
    for (std::int16_t &weight : weights.values) {
        weight = static_cast<std::int16_t>(layer.code(weight - dsq::shifted_range(layer.bits).low));
    }
    dsq::ConvolutionWay convolution_way{};
    dsq::Status status = dsq::find_way(argv[1], convolution_way);
    const std::vector<int> order = order_of(layer, weights, facts.order);
    ConvolutionPlan plan;
    const dsq::ConvolutionOperands operands{.weights = weights,
                                            .weight_range = layer.range(),
                                            .input_range = layer.range(),
                                            .input_bits = layer.bits,
                                            .depthwise = facts.depthwise};
    if (status.ok())
        status =
            dsq::plan_convolution(convolution_way, operands, tile, facts.depthwise ? std::vector<int>{} : order, plan);
    if (!status.ok()) fail(status.message());
    write_operands(layer, order, plan, facts.depthwise ? diagonal(weights) : weights, argv[7]);
    print_plan(layer, std::move(plan));
}
