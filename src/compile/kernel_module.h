/// A kernel of a plan as a Halide module whose one function takes three plain pointers: the generator's function, with
/// every shape, stride, place and scalar of the plan in its code.
#pragma once

#include <Halide.h>

#include <cstddef>
#include <string>
#include <vector>

#include "compile/program_plan.h"
#include "dsq/status.h"

namespace dsq {

/// The arguments of a kernel of one task and of a library's entry points: `const void *input, void *output, void
/// *workspace`.
std::vector<Halide::Internal::LoweredArgument> entry_arguments();

/// `int name`, an argument before those.
Halide::Internal::LoweredArgument number_argument(const std::string &name);

/// Where the scratch memory of kernels begins in a workspace that begins with so many bytes of tensors.
std::size_t scratch_offset(std::size_t tensor_bytes);

/// The function `symbol` of `kernel` for `target`; with several tasks its first argument is which of them. Its larger
/// intermediate results lie in scratch_bytes bytes of the workspace behind the tensors. Errors: no such generator or
/// buffer; bounds, types or sizes that the generator does not take; an output that overlaps another buffer, or what
/// another task writes; intermediate results of a size that is not constant; parallel loops. What Halide itself finds,
/// it throws as Halide::Error.
Status make_kernel_module(const KernelPlan &kernel,
                          const Halide::Target &target,
                          const std::string &symbol,
                          std::size_t tensor_bytes,
                          Halide::Module &module,
                          std::size_t &scratch_bytes);

}  // namespace dsq
