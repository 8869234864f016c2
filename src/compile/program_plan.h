/// A compiled model as a list of kernels, each with the place of everything that it reads and writes: what
/// build_library.h makes an archive of. All shapes, strides, weights and places are constants of the kernels' code.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "model/network.h"
#include "model/safetensors.h"

namespace dsq {

constexpr std::size_t workspace_alignment = 64;  ///< of the caller's workspace

struct BufferDimension {
    int min = 0, extent = 1, stride = 1;  ///< in elements
};

/// Where a buffer of a kernel lies.
enum class Place {
    constants,  ///< in the library itself
    workspace,  ///< memory of the caller, which tensors share
    input,      ///< images of the caller
    output,     ///< logits of the caller
};

struct BufferPlan {
    ElementType type = ElementType::i8;
    std::vector<BufferDimension> dimensions;  ///< innermost first, as Halide has them
    Place place = Place::workspace;           ///< what a kernel writes overlaps nothing else that it reads or writes
    std::size_t offset = 0;  ///< workspace: bytes before its first element (the least index), whole elements of them
    std::vector<std::byte> bytes;  ///< constants: its elements, of all tasks
    std::size_t task_stride = 0;   ///< bytes from what a task sees to what the next one does; 0: all see the same
};

using ScalarPlan = std::variant<std::int32_t, float>;

struct KernelPlan {
    std::string name;                               ///< a C identifier, unique in the program
    std::string generator;                          ///< a generator's name
    std::map<std::string, std::string> parameters;  ///< of the generator
    std::map<std::string, BufferPlan> buffers;      ///< by the names of the generator's inputs and outputs
    std::map<std::string, ScalarPlan> scalars;      ///< the same

    /// Calls that together are the kernel, in any order and at once. Everything above is of the first of them.
    int tasks = 1;
};

/// The kernels for one instruction set, in the order in which they run.
struct ProgramVariant {
    std::string target;                     ///< Halide's target string without the features that every kernel gets
    std::vector<std::string> requirements;  ///< of the processor, as __builtin_cpu_supports names them: "avx512vnni"
    std::vector<KernelPlan> kernels;
    std::size_t tensor_bytes = 0;  ///< of the workspace, without the scratch memory of kernels
};

struct ProgramPlan {
    std::string name;  ///< a C identifier: prefix of every symbol
    int batch = 1;
    int most_tasks = 1;                    ///< of a kernel; above 1 the library has <name>_run_parallel
    std::vector<ProgramVariant> variants;  ///< the first whose requirements are met runs; an error code where none is

    Shape image;      ///< of the input, for the library's header; all 0 where it is none
    int classes = 0;  ///< logits of an image, for the same

    /// What the library's header says of the model, of the type, shape, layout and normalisation of its input, and of
    /// its output: lines without a newline at the end.
    std::string about, input, output;
};

}  // namespace dsq
