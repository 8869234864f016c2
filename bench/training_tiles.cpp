/// Times training's convolutions with every tile on the layers that each serves, for bench/tune_training.py: a line for
/// each with the operation, instruction set, kernel, tile, the tile that it has now, the layer, and the median time in
/// nanoseconds.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "bench_support.h"
#include "conv2d_layers.h"
#include "operators/conv2d_check.h"
#include "operators/tensor_buffer.h"
#include "training_tiles.h"

namespace dsq::bench {
namespace {

struct ConvolutionTile {
    int (*run)(halide_buffer_t *input, halide_buffer_t *weights, int offset_x, int offset_y, halide_buffer_t *output);
    const char *instruction_set, *kernel;
    int tile, current;
    int in_channels, stride, taps, tile_channels, width_multiple;

    bool is_wider_than(const Conv2dLayer &layer) const {
        return layer.out_extent() < tile;
    }
    bool serves(const Conv2dLayer &layer) const {
        return layer.in_channels == in_channels && layer.shape.stride == stride &&
               (taps == 0 || taps == layer.shape.kernel) && layer.out_channels % tile_channels == 0 &&
               layer.out_extent() % width_multiple == 0;
    }
};

struct BackwardWeightTile {
    int (*run)(halide_buffer_t *input, halide_buffer_t *grad_output, int slices, halide_buffer_t *grad_weights);
    const char *instruction_set, *kernel;
    int tile, current;
    int extent, stride, block_out_channels, block_in_channels, most_in_channels;

    static bool is_wider_than(const Conv2dLayer &) {
        return false;
    }
    bool serves(const Conv2dLayer &layer) const {
        return layer.shape.kernel == extent && layer.shape.stride == stride &&
               layer.out_channels % block_out_channels == 0 && layer.in_channels % block_in_channels == 0 &&
               (most_in_channels == 0 || layer.in_channels <= most_in_channels);
    }
};

constexpr ConvolutionTile convolution_tiles[] = {
#include "conv2d_tiles.inc"
};
constexpr BackwardWeightTile backward_weight_tiles[] = {
#include "conv2d_backward_weight_tiles.inc"
};

/// The tensors of a layer.
class Operands {
public:
    explicit Operands(const Conv2dLayer &layer)
        : input_{nullptr, layer.in_channels, layer.extent, layer.extent, layer.batch, layer.shape.padding()},
          output_{nullptr, layer.out_channels, layer.out_extent(), layer.out_extent(), layer.batch, 0},
          shape_(layer.shape),
          input_memory_(tensor(Values::normal, input_.storage(), 1)),
          output_memory_(tensor(Values::normal, output_.storage(), 2)),
          weights_memory_(tensor(
              Values::normal, std::size_t(layer.out_channels * layer.in_channels * shape_.kernel * shape_.kernel), 3)),
          weights_(weights_memory_.data(), layer.out_channels, layer.in_channels, shape_.kernel, shape_.kernel) {
        input_.data = input_memory_.data() + input_.origin();
        output_.data = output_memory_.data();
    }

    int run(const ConvolutionTile &tile) {
        return tile.run(
            buffer(input_, shape_.padding()), weights_, -shape_.padding(), -shape_.padding(), buffer(output_));
    }
    int run(const BackwardWeightTile &tile) {
        const int slices = backward_weight_slices(output_.channels, output_.batch);
        return tile.run(buffer(input_, shape_.padding()), buffer(output_), slices, weights_);
    }

private:
    TensorView<float> input_, output_;
    Conv2dShape shape_;
    Tensor input_memory_, output_memory_, weights_memory_;
    TensorBuffer<float> weights_;
};

double seconds_of(const std::function<int()> &call) {
    const auto start = std::chrono::steady_clock::now();
    if (call() != 0) std::exit(1);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// All tiles of a layer in turn, so that what disturbs the machine disturbs them alike.
template <typename Tile>
void time_layer(const char *operation, const Conv2dLayer &layer, std::span<const Tile> all, int rounds) {
    std::vector<const Tile *> tiles;
    for (const Tile &tile : all) {  // of the first kernel that fits the layer, as src/operators takes it
        const bool is_first = tiles.empty() || std::string_view(tiles.front()->kernel) == tile.kernel;
        if (is_first && tile.serves(layer)) tiles.push_back(&tile);
    }
    std::erase_if(tiles, [&](const Tile *tile) { return tile->is_wider_than(layer); });
    if (tiles.empty()) return;
    Operands operands(layer);
    std::vector<std::vector<double>> times(tiles.size());
    for (int round = 0; round < rounds; ++round) {
        for (std::size_t i = 0; i < tiles.size(); ++i)
            times[i].push_back(seconds_of([&] { return operands.run(*tiles[i]); }));
    }
    for (std::size_t i = 0; i < tiles.size(); ++i) {
        std::ranges::nth_element(times[i], times[i].begin() + rounds / 2);
        const Tile &tile = *tiles[i];
        std::printf("%s %s %s %d %d %s %.0f\n",
                    operation,
                    tile.instruction_set,
                    tile.kernel,
                    tile.tile,
                    tile.current,
                    layer.name,
                    times[i][static_cast<std::size_t>(rounds / 2)] * 1e9);
    }
    std::fflush(stdout);
}

}  // namespace
}  // namespace dsq::bench

int main(int argc, char **argv) {
    using namespace dsq::bench;
    const int rounds = argc > 1 ? std::max(1, std::atoi(argv[1])) : 15;
    for (const Conv2dLayer &layer : conv2d_layers) {
        time_layer<ConvolutionTile>("conv2d", layer, convolution_tiles, rounds);
        time_layer<BackwardWeightTile>("conv2d_backward_weight", layer, backward_weight_tiles, rounds);
    }
}
