/// From a trained network to the graph of integers that is deployed.
///
/// - Layers that nothing reads are left out.
/// - A convolution takes up what follows it and has no other reader: max pooling before a batch normalization, the
/// batch
///   normalization, the addition of a residual, a clamp, and the quantizer of the layer behind.
/// - Where nothing but one quantizer reads the result, it becomes thresholds of the accumulator (thresholds.h).
///   Elsewhere it is a real (integer_graph.h), quantized once for each reader of codes.
/// - The first layer's input are pixels: the normalization of a float layer goes into its weights. Its
///   weights become integers of 16 bits, those of a float fully connected layer of 8, with a scale for each output
///   channel; the input of such a layer is quantized image by image.
#pragma once

#include "dsq/status.h"
#include "model/integer_graph.h"
#include "model/model.h"

namespace dsq {

/// Error: invalid_argument, naming the network, the layer, what was expected and what was found, where a layer has no
/// integer form; non_finite where a parameter is no number.
Status lower(const Model &model, IntegerGraph &graph);

}  // namespace dsq
