/// The networks that dsq knows by name.
#pragma once

#include <string_view>

#include "dsq/status.h"
#include "model/network.h"

namespace dsq {

/// - resnet20, resnet32, resnet44, resnet56: He et al. 2016, section 4.2, with parameter-free shortcuts; layers are
/// named
///   as in akamaster/pytorch_resnet_cifar10.
/// - vgg_small: as in LQ-Nets (Zhang et al. 2018): 128, 128, pool, 256, 256, pool, 512, 512, pool, fully connected.
/// - resnet18, resnet34: He et al. 2016 for ImageNet, with projection shortcuts; layers are named as in torchvision.
/// All in float, for images of this shape. Error: invalid_argument, with the names that there are.
Status built_in_network(std::string_view name, const Shape &input, int classes, Network &network);

}  // namespace dsq
