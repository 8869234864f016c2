/// Runs an IntegerGraph in plain C++, obviously right: what a compiled library is compared with, and what evaluates a
/// network in training.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dsq/status.h"
#include "model/integer_graph.h"
#include "model/integer_nodes.h"

namespace dsq {

/// What all tensors of a graph hold for some images, one image after the other.
struct IntegerTrace {
    std::vector<TensorValues> tensors;  ///< as the graph has them: [image][y][x][channel]
    std::vector<float> logits;          ///< [image][class]
};

/// Computes every tensor for `count` images, each [y][x][channel]: pixels, or reals from 0 to 1. Results do not depend
/// on the threads, those of kernels (dsq/threads.h). Errors: invalid_argument where the graph is not valid;
/// mismatched_buffers where `images` does not hold `count` of them.
Status interpret(const IntegerGraph &graph, std::span<const std::uint8_t> images, int count, IntegerTrace &trace);
Status interpret(const IntegerGraph &graph, std::span<const float> images, int count, IntegerTrace &trace);

/// The same, with the logits alone, [image][class]: for more images than fit into memory with all their tensors.
Status interpret_logits(const IntegerGraph &graph,
                        std::span<const std::uint8_t> images,
                        int count,
                        std::vector<float> &logits);

}  // namespace dsq
