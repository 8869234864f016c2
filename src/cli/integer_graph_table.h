/// The graph of integers that is deployed, node by node: for `dsq inspect --graph`.
#pragma once

#include "commands.h"
#include "model/integer_graph.h"

namespace dsq::cli {

/// Of a valid graph.
void print_graph_table(const IntegerGraph &graph);
Json graph_json(const IntegerGraph &graph);

}  // namespace dsq::cli
