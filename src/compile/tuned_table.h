/// Which ways and tiles were found to be the fastest on a core: schedules/tuned/<core>.json, or a user's own.
///
/// A file is an object with "version": 1, "core", "unit" ("cycles" or "ns"), and "layers": an object for each, on a
/// line of its own: {"variant": "armv8", "layer": "64x64x3s1@56x56", "bits": "2/2", "epilogue": "codes", "ways":
/// [{"way": "winograd", "tile": "2x64", "cost": 9123456}, ...]}, the fastest way first; "default" is the cost of what
/// the compiler takes without a table.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compile/choose_way.h"

namespace dsq {

/// A convolution of codes: what choices depend on.
struct LayerKey {
    std::string variant;  ///< TargetVariant::name
    int in_channels = 1, out_channels = 1, kernel = 1, stride = 1;
    int width = 1, height = 1;  ///< of the input
    bool depthwise = false;
    int weight_bits = 8, input_bits = 8;
    std::string epilogue =
        "codes";  ///< as the generators name it; "codes+offset" where there is one, "float32+residual"

    auto operator<=>(const LayerKey &) const = default;  // NOLINT(modernize-use-nullptr): a fault of clang-tidy 14
};

/// "64x64x3s1@56x56", "64dwx3s1@56x56" of a depthwise one: input channels x output channels x kernel s stride @ width x
/// height.
std::string layer_text(const LayerKey &key);
/// Fills shape and stride from such a text. Error: invalid_argument.
Status read_layer_text(const std::string &text, LayerKey &key);
/// "2/2", of weights and activations. Error: invalid_argument.
Status read_bits_text(const std::string &text, LayerKey &key);

struct TunedWay {
    WayChoice choice;
    double cost = 0;  ///< of the whole kernel
};

struct TunedLayer {
    LayerKey key;
    std::vector<TunedWay> ways;  ///< the fastest first
    double default_cost = 0;     ///< 0: not known
};

struct TunedTable {
    std::string core, unit = "cycles";
    std::vector<TunedLayer> layers;

    /// The layer itself; else the same with another epilogue; else none.
    const TunedLayer *find(const LayerKey &key) const;
    /// Instead of what the table has of this layer, or in addition.
    void set(TunedLayer layer);
};

/// Error: invalid_file, naming the file, the line or the layer, what was expected and found.
Status read_tuned_table(const std::string &path, TunedTable &table);
Status parse_tuned_table(const std::string &text, TunedTable &table);
/// Layers in order of their keys.
std::string tuned_table_text(const TunedTable &table);

/// Shipped with dsq, for such a core; nullptr where none is.
const TunedTable *shipped_table(const std::string &core);

}  // namespace dsq
