// The padding of a tensor.
#pragma once

#include "dsq/status.h"
#include "operators/tensor_view.h"

namespace dsq {

// Writes `value` to the whole border; the images stay. Error: mismatched_buffers for a null pointer.
Status fill_border(TensorView<float> tensor, float value);

}  // namespace dsq
