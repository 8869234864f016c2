// Convolution of each channel by itself, forward and backward. Padding and borders as in conv2d.h.
// weights: dense [c, kx, ky], c innermost. Errors: as conv2d.h.
#pragma once

#include "dsq/status.h"
#include "operators/conv2d.h"
#include "operators/tensor_view.h"

namespace dsq {

Status depthwise_conv2d(const Conv2dShape &shape,
                        TensorView<const float> input,
                        const float *weights,
                        TensorView<float> output);

Status depthwise_conv2d_backward_input(const Conv2dShape &shape,
                                       TensorView<const float> grad_output,
                                       const float *weights,
                                       TensorView<float> grad_input);

// Same bits for any number of threads.
Status depthwise_conv2d_backward_weight(const Conv2dShape &shape,
                                        TensorView<const float> input,
                                        TensorView<const float> grad_output,
                                        float *grad_weights);

}  // namespace dsq
