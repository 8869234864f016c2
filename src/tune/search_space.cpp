#include "tune/search_space.h"

#include <algorithm>
#include <array>

namespace dsq {
namespace {

constexpr int arm = 1 << int(InstructionSet::armv8) | 1 << int(InstructionSet::dotprod);
constexpr int armv8 = 1 << int(InstructionSet::armv8), dotprod = 1 << int(InstructionSet::dotprod);
constexpr int avx2 = 1 << int(InstructionSet::avx2), vnni = 1 << int(InstructionSet::vnni);

// How a way uses an instruction set.
struct WayModel {
    ConvolutionWay way;
    int instruction_sets;
    int bytes;     // of registers, for each output of a tile
    int lanes;     // outputs of an instruction
    int products;  // of an output, in an instruction
    std::vector<int> channels;
    int pixels = 1;  // outputs along x and along y that one of a tile's pixels stands for
};

const std::vector<WayModel> &models() {
    using enum ConvolutionWay;
    static const std::vector<WayModel> all{
        {popcount, armv8, 3, 16, 8, {16, 32}},
        {winograd, armv8, 3, 16, 1, {16, 32, 64}, 2},
        {winograd_sadalp, armv8, 4, 16, 1, {16, 32, 64}, 2},
        {winograd_smlal, armv8, 2, 8, 1, {16, 32, 64}, 2},
        {mla, armv8, 3, 16, 1, {16, 32, 64}},
        {mla_sadalp, armv8, 4, 16, 1, {16, 32}},
        {smlal, armv8, 2, 8, 1, {16, 32, 64}},
        {smlal_sadalp, armv8, 5, 8, 1, {16, 32, 64}},
        {dot, dotprod, 4, 4, 4, {4, 8, 16}},
        {dot, vnni, 4, 16, 4, {16, 32, 48, 64}},
        {pairs, avx2, 4, 8, 2, {8, 16, 32}},
        {wide, arm, 4, 8, 1, {8, 16}},
        {wide, avx2 | vnni, 4, 8, 1, {16, 32, 64}},
    };
    return all;
}

constexpr int register_bytes(InstructionSet instruction_set) {
    return instruction_set == InstructionSet::vnni ? 2048 : 512;
}

int round_up(int value, int step) {
    return (value + step - 1) / step * step;
}

bool takes_winograd(InstructionSet instruction_set, const LayerKey &layer) {
    constexpr int widest = 4;
    return instruction_set == InstructionSet::armv8 && layer.kernel == 3 && layer.stride == 1 && !layer.depthwise &&
           layer.weight_bits <= widest && layer.input_bits <= widest;
}

// Winograd's domain has 2.25 times fewer products: where it may be, other ways but popcount are out of the question.
bool is_for(const WayModel &model, InstructionSet instruction_set, const LayerKey &layer) {
    constexpr int most_planes = 2, small = 4, narrow = 8;
    if ((model.instruction_sets >> int(instruction_set) & 1) == 0) return false;
    switch (model.way) {
        case ConvolutionWay::popcount:
            return layer.weight_bits <= most_planes && layer.input_bits <= most_planes;
        case ConvolutionWay::smlal_sadalp:
            return layer.weight_bits > small && layer.weight_bits <= narrow;
        case ConvolutionWay::wide:
            return layer.weight_bits > (is_x86(instruction_set) ? narrow : small);
        default:
            return layer.weight_bits <= narrow && (model.pixels == 2) == takes_winograd(instruction_set, layer);
    }
}

// Instructions for each multiplication that counts.
double cost(const WayModel &model, Tile tile, const LayerKey &layer) {
    // Winograd's tiles are numbered through the whole image.
    const int width = model.pixels == 1 ? (layer.width + layer.stride - 1) / layer.stride
                                        : round_up(layer.width, 2) * round_up(layer.height, 2) / 4;
    const double vectors = double(tile.channels) / model.lanes;
    const double instructions = vectors * tile.pixels + vectors + tile.pixels;
    const double all = double(round_up(std::max(width, 1), tile.pixels)) / std::max(width, 1) *
                       round_up(layer.out_channels, tile.channels) / layer.out_channels;
    return instructions * all / (double(tile.channels) * tile.pixels * model.products);
}

std::vector<WayChoice> tiles_of(const WayModel &model, InstructionSet instruction_set, const LayerKey &layer) {
    static constexpr std::array pixels{1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 28};
    constexpr double most = 0.85, worth_trying = 1.25;  // of the registers; of the least cost
    std::vector<std::pair<double, WayChoice>> found;
    for (const int channels : model.channels) {
        if (channels > round_up(layer.out_channels, 16)) continue;
        for (const int pixel : pixels) {
            if (pixel * channels * model.bytes > most * register_bytes(instruction_set)) break;
            if (pixel > std::max(1, layer.width / layer.stride)) break;
            const Tile tile{pixel, channels};
            found.push_back({cost(model, tile, layer), {model.way, tile}});
        }
    }
    std::stable_sort(found.begin(), found.end(), [](const auto &a, const auto &b) { return a.first < b.first; });
    std::vector<WayChoice> tiles;
    for (const auto &[of_tile, choice] : found) {
        if (of_tile <= worth_trying * found.front().first) tiles.push_back(choice);
    }
    return tiles;
}

}  // namespace

std::vector<WayChoice> search_space(InstructionSet instruction_set, const LayerKey &layer) {
    std::vector<WayChoice> result;
    if (layer.depthwise) {
        for (const int pixels : {2, 4, 7, 8}) {
            result.push_back({ConvolutionWay::depthwise, {pixels, layer.out_channels}});
        }
        return result;
    }
    std::vector<std::vector<WayChoice>> ways;
    for (const WayModel &model : models()) {
        if (is_for(model, instruction_set, layer)) ways.push_back(tiles_of(model, instruction_set, layer));
    }
    std::size_t longest = 0;
    for (const auto &tiles : ways) longest = std::max(longest, tiles.size());
    for (std::size_t turn = 0; turn < longest; ++turn) {
        for (const auto &tiles : ways) {
            if (turn < tiles.size()) result.push_back(tiles[turn]);
        }
    }
    return result;
}

}  // namespace dsq
