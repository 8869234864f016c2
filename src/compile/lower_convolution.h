/// A trained convolution, or a fully connected layer of codes, as one of integers.
#pragma once

#include <vector>

#include "compile/thresholds.h"
#include "compile/trained_layer.h"
#include "model/integer_graph.h"

namespace dsq {

/// What the integers of an input stand for: real = base[channel] + scale * integer.
struct OperandValues {
    double scale = 1.0;
    std::vector<double> base = {};
    CodeRange range = {};
};

/// Extents of weights as the model file has them.
struct WeightExtents {
    int out_channels = 0, in_channels = 0, kernel = 1;
};

/// The accumulators of a convolution, and what they mean.
struct IntegerConvolution {
    ConvolutionNode node = {};                  ///< without input and epilogue
    RealEpilogue real = {};                     ///< scale and shift: the convolution's result, then normalized
    std::vector<AccumulatorRange> ranges = {};  ///< of each output channel
};

/// normalization: of the result (scale 1, shift 0 where there is none). Error: invalid_argument where an accumulator
/// may leave 32 bits; non_finite where float32 does not hold scale or shift.
Status lower_convolution(const IntegerWeights &weights,
                         const WeightExtents &extents,
                         bool depthwise,
                         const OperandValues &input,
                         const Normalization &normalization,
                         IntegerConvolution &convolution);

}  // namespace dsq
