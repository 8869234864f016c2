/// What a convolution takes up: the layers behind it that have no other reader, up to the next tensor.
#pragma once

#include <functional>
#include <vector>

#include "model/network.h"

namespace dsq {

constexpr int no_layer_index = -1;

struct LayerGroup {
    int convolution = 0;            ///< conv2d or depthwise_conv2d
    int max_pool = no_layer_index;  ///< between convolution and batch normalization
    int batch_norm = no_layer_index;
    int residual = no_layer_index;   ///< a layer whose output is added
    int clamp = no_layer_index;      ///< relu, relu6 or hardtanh
    int end = 0;                     ///< the last of them: what others read
    std::vector<int> absorbed = {};  ///< all behind the convolution
};

/// Of each layer, those that read it and lead to the last layer.
std::vector<std::vector<int>> live_readers(const Network &network);

/// A residual is taken up where it is there already.
LayerGroup group_of(const Network &network,
                    const std::vector<std::vector<int>> &readers,
                    int convolution,
                    const std::function<bool(int layer)> &is_there);

}  // namespace dsq
