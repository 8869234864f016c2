/// What dsq compiles models for: the facts of targets/*.cmake.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dsq/status.h"

namespace dsq {

enum class InstructionSet { armv8, dotprod, avx2, vnni };

constexpr bool is_x86(InstructionSet instruction_set) {
    return instruction_set == InstructionSet::avx2 || instruction_set == InstructionSet::vnni;
}

/// Kernels for one instruction set; a library has them for all of its target, and chooses at run time.
struct TargetVariant {
    InstructionSet instruction_set;
    std::string name;  ///< "avx2"
    std::string halide_target;
    std::vector<std::string> requirements;  ///< as __builtin_cpu_supports names them
};

struct CompileTarget {
    std::string name;                     ///< "arm-64-linux"
    std::vector<TargetVariant> variants;  ///< the first that the processor has runs
    std::vector<std::string> cores;       ///< that defaults are known for, the first where none is named
    std::vector<std::string> linker;      ///< the C++ compiler and its options for a static program
    std::vector<std::string> runner;      ///< what runs a program for it here; empty: itself
    std::vector<std::string> disassembler,
        analyzer;  ///< what cycles are estimated with (tune/arm_cycles.h); empty: not
};

std::span<const CompileTarget> compile_targets();

/// Whether this machine runs programs for it: by itself, or through the target's runner.
bool runs_here(const CompileTarget &target, const TargetVariant &variant);

/// core: empty for the default, which is filled in. Error: invalid_argument, with the names that there are.
Status find_target(std::string_view name, std::string &core, CompileTarget &target);

}  // namespace dsq
