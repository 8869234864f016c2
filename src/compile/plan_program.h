/// From the graph of integers to the kernels of a library: for each node a way, a tile and packed weights, and a place
/// in memory for every tensor.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compile/compile_target.h"
#include "compile/program_plan.h"
#include "compile/tensor_places.h"
#include "compile/tuned_table.h"
#include "model/integer_graph.h"

namespace dsq {

struct ProgramOptions {
    std::string name;  ///< of the library: a C identifier
    CompileTarget target;
    std::string core;                      ///< one of the target's
    int batch = 1;                         ///< images of a run
    ElementType pixels = ElementType::u8;  ///< or f32: from 0 to 1
    int most_tasks = 1;                    ///< that a convolution is split into (split_convolution.h)
    /// Of the user, before those that are shipped for the core; the first has precedence.
    std::vector<TunedTable> tables = {};
    std::optional<WayChoice> way = {};  ///< of all convolutions, to try it: instead of what tables and defaults say
};

/// What a kernel of the plan does.
struct KernelNote {
    int node = 0;                          ///< of the graph
    std::string how;                       ///< "winograd 2x64"
    std::string bits;                      ///< of weights and activations: "2/2"; empty where there are none
    double macs = 0;                       ///< multiplications of a run
    std::optional<LayerKey> layer = {};    ///< of a convolution
    std::optional<WayChoice> choice = {};  ///< the same's
    double cost = 0;                       ///< of one image, as a table has it; 0: not known
    std::string unit = {};                 ///< of the cost: "cycles" or "ns"
    std::size_t weight_bytes = 0;          ///< as the kernel reads them
    double packed_bytes = 0;               ///< the weights' bits
    std::vector<int> writes = {};          ///< tensors of the graph
};

/// Of each variant.
struct VariantNotes {
    std::vector<KernelNote> kernels;   ///< as the plan has them
    std::vector<TensorPlace> tensors;  ///< as the graph has them
};

/// For a valid graph, or one of nodes whose inputs nothing writes and without logits (tune/). Error: invalid_argument,
/// naming the node, where no way computes it, or the tensor that is too large.
Status plan_program(const IntegerGraph &graph,
                    const ProgramOptions &options,
                    ProgramPlan &plan,
                    std::vector<VariantNotes> &notes);

}  // namespace dsq
