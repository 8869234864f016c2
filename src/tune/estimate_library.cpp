#include "tune/estimate_library.h"

#include <fstream>

#include "compile/embedded_programs.h"
#include "compile/entry_points.h"
#include "compile/profile_library.h"
#include "compile/shell.h"
#include "tune/arm_cycles.h"

namespace dsq {
namespace {

Status count_calls(const LibraryProgram &program, const LibraryFacts &facts, int calls, BlockCounts &counts) {
    const std::string blocks = program.path("blocks"), request = program.path("request");
    Status status = write_profile_request(request, facts, 0, calls);
    if (status.ok()) status = run_command(program.command(request) + " > /dev/null", program.path("emulator_errors"));
    return status.ok() ? read_block_counts(blocks, counts) : status;
}

// What a second call runs: of the library, and what it calls of libc.
BlockCounts second_call(const std::string &library, BlockCounts twice, const BlockCounts &once) {
    for (const auto &[block, count] : once) twice[block] -= count;
    std::erase_if(twice, [&](const auto &counted) {
        const std::string &symbol = counted.first.symbol;
        return !symbol.starts_with(library + "_") && symbol.find("mem") == std::string::npos;
    });
    return twice;
}

}  // namespace

Status estimate_library(const ProgramPlan &plan,
                        const LibraryFacts &facts,
                        const CompileTarget &target,
                        const std::vector<std::string> &cores,
                        const std::string &folder,
                        std::vector<LibraryCycles> &cycles) {
    ProgramRunner how{target.linker, target.runner, {}};
    const std::string plugin = folder + "/block_counts.so";
    std::ofstream(plugin, std::ios::binary) << block_counts_plugin;
    how.runner.insert(how.runner.end(), {"-plugin", plugin + ",out=" + folder + "/blocks"});
    LibraryProgram program(how, folder);
    BlockCounts once, twice;
    SymbolCycles symbols;
    Status status = program.link("#define DSQ_COUNTED\n" + std::string(profile_program), plan, facts.archive);
    if (status.ok()) status = count_calls(program, facts, 1, once);
    if (status.ok()) status = count_calls(program, facts, 2, twice);
    if (status.ok()) {
        status = estimate_cycles(
            second_call(plan.name, twice, once), {target.disassembler, target.analyzer}, cores, folder, symbols);
    }
    if (!status.ok()) return status;
    cycles.assign(cores.size(), {});
    for (std::size_t core = 0; core < cores.size(); ++core) {
        for (const auto &[symbol, of_cores] : symbols) cycles[core].run += of_cores[core];
        for (const KernelPlan &kernel : plan.variants.front().kernels) {
            const auto found = symbols.find(kernel_symbol(plan, 0, kernel));
            cycles[core].steps.push_back(found != symbols.end() ? found->second[core] : 0.0);
        }
    }
    return {};
}

}  // namespace dsq
