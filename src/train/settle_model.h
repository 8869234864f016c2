/// Models to try before there is training.
#pragma once

#include <cstdint>

#include "model/model.h"

namespace dsq {

/// Sets the bounds of quantizers and the statistics of batch normalizations to those of images of random pixels, as
/// training would leave them; weights stay as they are. Error: as Executor's.
Status settle_model(std::uint64_t seed, Model &model);

}  // namespace dsq
