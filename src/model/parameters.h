/// What a network needs besides its layers: the tensors of a model file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/network.h"

namespace dsq {

enum class Role {
    weight,            ///< conv2d [out, in, ky, kx], depthwise_conv2d [c, 1, ky, kx], linear [out, in]
    bias,              ///< linear [out]
    gamma,             ///< batch_norm [c], named `weight` as PyTorch has it
    beta,              ///< batch_norm [c], named `bias`
    running_mean,      ///< batch_norm [c]
    running_variance,  ///< batch_norm [c], named `running_var`
    weight_quantizer,  ///< [3]: l, u, alpha
    input_quantizer,   ///< [3]: l, u, alpha
};

struct ParameterTensor {
    std::string name;  ///< "layer1.0.conv1.weight"
    Role role = Role::weight;
    int layer = 0;  ///< index in the network
    std::vector<std::int64_t> shape;

    std::size_t size() const;
};

/// In the order of the layers. `shapes` are those of infer_shapes.
std::vector<ParameterTensor> parameter_tensors(const Network &network, const std::vector<Shape> &shapes);

}  // namespace dsq
