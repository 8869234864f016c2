/// Estimates the cycles that an AArch64 program takes on an Arm core, without a board.
///
/// QEMU counts how often every block of code runs (runtime/block_counts.c), llvm-mca says how many cycles one run of
/// the block takes on a core, and the estimate is the sum of the products. Caches and branch misses are not modelled.
/// How far it is off, with ncnn's ResNet-18 in 8 bits against published times on boards: 5 to 17 % too few cycles on
/// cortex-a53, 19 % on cortex-a76, 35 % on cortex-a72. Ratios on one core are what to trust.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "dsq/status.h"

namespace dsq {

/// Instructions that run one after the other.
struct CodeBlock {
    std::uint64_t address = 0;
    std::size_t instructions = 0;
    std::string symbol;
    std::string code;  ///< 8 hexadecimal digits for each instruction

    auto operator<=>(const CodeBlock &) const = default;  // NOLINT(modernize-use-nullptr): a fault of clang-tidy 14
};

/// How often each runs.
using BlockCounts = std::map<CodeBlock, std::int64_t>;

/// Reads what the plugin wrote. Error: invalid_file.
Status read_block_counts(const std::string &path, BlockCounts &counts);

/// Programs of LLVM with their options (CompileTarget).
struct CycleTools {
    std::vector<std::string> disassembler, analyzer;
};

/// Cycles on each core, of each symbol, in the cores' order.
using SymbolCycles = std::map<std::string, std::vector<double>>;

/// `folder` holds files on the way. Blocks that make up nearly all executed instructions are analyzed; the others cost
/// as much for each instruction. Error: kernel_failed, with what a tool said.
Status estimate_cycles(const BlockCounts &counts,
                       const CycleTools &tools,
                       const std::vector<std::string> &cores,
                       const std::string &folder,
                       SymbolCycles &cycles);

}  // namespace dsq
