#include "tune/arm_cycles.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string_view>

#include "compile/shell.h"

namespace dsq {
namespace {

constexpr int iterations = 50;      // of a block, for its steady state
constexpr double coverage = 0.995;  // share of the executed instructions that is analyzed
constexpr std::size_t digits = 8;   // of an instruction

using Lines = std::vector<std::string>;
using Counted = std::pair<CodeBlock, std::int64_t>;

double executed(const Counted &block) {
    return static_cast<double>(block.first.instructions) * static_cast<double>(block.second);
}

// The blocks that make up nearly all executed instructions, and the share that they do make up.
std::vector<Counted> hottest(const BlockCounts &counts, double &covered) {
    std::vector<Counted> blocks, hot;
    double total = 0.0;
    for (const auto &[block, count] : counts) {
        if (count <= 0) continue;
        blocks.emplace_back(block, count);
        total += executed(blocks.back());
    }
    std::stable_sort(
        blocks.begin(), blocks.end(), [](const Counted &a, const Counted &b) { return executed(a) > executed(b); });
    covered = 0.0;
    for (const Counted &block : blocks) {
        if (covered >= coverage * total) break;
        covered += executed(block);
        hot.push_back(block);
    }
    covered = total > 0.0 ? covered / total : 1.0;
    return hot;
}

Status run_tool(const std::vector<std::string> &words,
                const std::string &folder,
                const std::string &input,
                std::string &output,
                std::string &errors) {
    const std::string in = folder + "/tool_input", out = folder + "/tool_output", error = folder + "/tool_errors";
    std::ofstream(in, std::ios::binary) << input;
    Status status = run_command(command_of(words) + "< " + quoted(in) + " > " + quoted(out), error);
    output = content_of(out);
    errors = content_of(error);
    return status;
}

// The lines at which the tool found no instruction that it knows.
std::vector<std::size_t> invalid_lines(const std::string &errors) {
    constexpr std::string_view begin = "<stdin>:", end = ": warning: invalid";
    std::vector<std::size_t> lines;
    std::istringstream text(errors);
    for (std::string line; std::getline(text, line);) {
        if (line.starts_with(begin) && line.find(end) != std::string::npos) {
            lines.push_back(std::stoul(line.substr(begin.size())));
        }
    }
    return lines;
}

// The assembly of each block.
Status disassemble(const std::vector<Counted> &blocks,
                   const std::vector<std::string> &disassembler,
                   const std::string &folder,
                   std::vector<Lines> &assembly) {
    std::string bytes, text, errors;
    std::size_t count = 0;
    for (const auto &[block, executions] : blocks) {
        for (std::size_t at = 0; at + digits <= block.code.size(); at += digits, ++count) {
            const std::string word = block.code.substr(at, digits);
            for (const std::size_t byte : {6U, 4U, 2U, 0U}) bytes += "0x" + word.substr(byte, 2) + " ";
            bytes += "\n";
        }
    }
    Status status = run_tool(disassembler, folder, bytes, text, errors);
    if (!status.ok()) return status;
    Lines lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) {
        const std::size_t first = line.find_first_not_of(" \t");
        if (first != std::string::npos && line[first] != '.') lines.push_back(line);
    }
    for (const std::size_t number : invalid_lines(errors)) {
        const std::size_t at = std::min(number - 1, lines.size());
        lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(at), "\tnop");
    }
    if (lines.size() != count) {
        return {ErrorCode::kernel_failed,
                disassembler.front() + ": expected " + std::to_string(count) + " instructions, found " +
                    std::to_string(lines.size())};
    }
    auto next = lines.begin();
    for (const auto &[block, executions] : blocks) {
        const auto last = next + static_cast<std::ptrdiff_t>(block.instructions);
        assembly.emplace_back(next, last);
        next = last;
    }
    return {};
}

// Branches and what waits for the memory of others.
bool is_modelled(const std::string &line) {
    static constexpr std::string_view left_out[] = {
        "bl", "blr", "br", "ret", "svc", "mrs", "msr", "ldxr", "stxr", "ldaxr", "stlxr"};
    std::istringstream words(line);
    std::string mnemonic;
    words >> mnemonic;
    return std::find(std::begin(left_out), std::end(left_out), mnemonic) == std::end(left_out);
}

// Cycles of one run of each block on a core; as many as instructions where the tool has no answer.
Status analyze(const std::vector<Lines> &assembly,
               std::vector<std::string> analyzer,
               const std::string &core,
               const std::string &folder,
               std::vector<double> &cycles) {
    std::string regions, report, errors;
    for (std::size_t block = 0; block < assembly.size(); ++block) {
        regions += "# LLVM-MCA-BEGIN r" + std::to_string(block) + "\n";
        for (const std::string &line : assembly[block]) regions += is_modelled(line) ? line + "\n" : "";
        regions += "# LLVM-MCA-END\n";
        cycles.push_back(static_cast<double>(assembly[block].size()));
    }
    for (const std::string &option : {"-mcpu=" + core,
                                      "-iterations=" + std::to_string(iterations),
                                      std::string("-instruction-info=false"),
                                      std::string("-resource-pressure=false")}) {
        analyzer.push_back(option);
    }
    Status status = run_tool(analyzer, folder, regions, report, errors);
    constexpr std::string_view region = "Code Region - r", total = "Total Cycles:";
    std::istringstream lines(report);
    std::size_t block = 0;
    bool has_any = false;
    for (std::string line; std::getline(lines, line);) {
        if (const auto at = line.find(region); at != std::string::npos) {
            block = std::stoul(line.substr(at + region.size()));
        } else if (line.starts_with(total) && block < cycles.size()) {
            cycles[block] = std::stod(line.substr(total.size())) / iterations;
            has_any = true;
        }
    }
    if (has_any || assembly.empty()) return {};
    return status.ok() ? Status{ErrorCode::kernel_failed, analyzer.front() + ": no cycles for " + core + ": " + errors}
                       : status;
}

}  // namespace

Status read_block_counts(const std::string &path, BlockCounts &counts) {
    std::ifstream file(path);
    CodeBlock block;
    std::int64_t executions = 0;
    if (!file) return {ErrorCode::invalid_file, path + ": cannot be read"};
    while (file >> std::hex >> block.address >> std::dec >> executions >> block.instructions >> block.symbol >>
           block.code) {
        if (block.code.size() != digits * block.instructions) {
            return {ErrorCode::invalid_file, path + ": a block's code is not as long as it says"};
        }
        counts[block] += executions;
    }
    return {};
}

Status estimate_cycles(const BlockCounts &counts,
                       const CycleTools &tools,
                       const std::vector<std::string> &cores,
                       const std::string &folder,
                       SymbolCycles &cycles) {
    double covered = 1.0;
    const std::vector<Counted> hot = hottest(counts, covered);
    std::vector<Lines> assembly;
    if (Status status = disassemble(hot, tools.disassembler, folder, assembly); !status.ok()) return status;
    SymbolCycles result;
    for (std::size_t core = 0; core < cores.size(); ++core) {
        std::vector<double> of_blocks;
        if (Status status = analyze(assembly, tools.analyzer, cores[core], folder, of_blocks); !status.ok()) {
            return status;
        }
        for (std::size_t block = 0; block < hot.size(); ++block) {
            std::vector<double> &of_symbol = result[hot[block].first.symbol];
            of_symbol.resize(cores.size());
            of_symbol[core] += static_cast<double>(hot[block].second) * of_blocks[block] / covered;
        }
    }
    cycles = std::move(result);
    return {};
}

}  // namespace dsq
