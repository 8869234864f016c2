/// Convolutions to be tuned, each a graph of its own.
#pragma once

#include <string>
#include <vector>

#include "compile/tuned_table.h"
#include "model/integer_graph.h"

namespace dsq {

/// A graph of one convolution, whose inputs nothing writes: plan_program takes it.
struct TuningLayer {
    std::string name;
    IntegerGraph graph;
};

/// Those of a graph, in its order. Ones that are alike are left in: what they are for a target, planning tells.
std::vector<TuningLayer> convolutions_of(const IntegerGraph &graph);

/// A layer by its shape, stride and bits, with codes as outputs, weights like trained ones (random_weights.h) and an
/// order of channels that suits them.
TuningLayer layer_of_shape(const LayerKey &shape);

}  // namespace dsq
