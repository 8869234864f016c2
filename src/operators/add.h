// The sum of two tensors.
#pragma once

#include "dsq/status.h"
#include "operators/tensor_view.h"

namespace dsq {

// output = first + second. Borders are neither read nor written. Error: mismatched_buffers.
Status add(TensorView<const float> first, TensorView<const float> second, TensorView<float> output);

}  // namespace dsq
