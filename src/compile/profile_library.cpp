#include "compile/profile_library.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <memory>

#include "compile/embedded_programs.h"
#include "data/random.h"

namespace dsq {
namespace {

struct ClosePipe {
    void operator()(FILE *pipe) const {
        pclose(pipe);
    }
};

// Bytes that no branch can learn; finite where they are floats.
std::vector<std::uint8_t> random_input(std::size_t bytes) {
    const Random random(1, 0, 0);
    std::vector<std::uint8_t> input(bytes);
    for (std::size_t i = 0; i < bytes; ++i) input[i] = static_cast<std::uint8_t>(random(i) >> 58U);
    return input;
}

}  // namespace

Status write_profile_request(const std::string &path, const LibraryFacts &facts, std::size_t steps, int rounds) {
    std::ofstream file(path, std::ios::binary);
    const std::uint64_t numbers[] = {
        facts.input_bytes, facts.output_bytes, facts.workspace_bytes, steps, static_cast<std::uint64_t>(rounds)};
    const std::vector<std::uint8_t> input = random_input(facts.input_bytes);
    file.write(reinterpret_cast<const char *>(numbers), sizeof numbers);
    file.write(reinterpret_cast<const char *>(input.data()), static_cast<std::streamsize>(input.size()));
    file.close();
    return file ? Status{} : Status{ErrorCode::invalid_file, "could not write " + path};
}

Status profile_library(const ProgramPlan &plan,
                       const LibraryFacts &facts,
                       const ProgramRunner &how,
                       const std::string &folder,
                       int rounds,
                       LibraryTimes &times) {
    LibraryProgram program(how, folder);
    // A step that a variant does not have is none that it can be asked for.
    std::size_t steps = plan.variants.front().kernels.size();
    for (const ProgramVariant &variant : plan.variants) steps = std::min(steps, variant.kernels.size());
    Status status = program.link(profile_program, plan, facts.archive, true);
    if (status.ok()) status = write_profile_request(program.path("request"), facts, steps, rounds);
    if (!status.ok()) return status;
    const std::string command = program.command(program.path("request"));
    std::unique_ptr<FILE, ClosePipe> pipe(popen(command.c_str(), "r"));  // NOLINT(cert-env33-c): the user's own runner
    LibraryTimes read;
    read.steps.resize(steps);
    bool whole = pipe != nullptr && std::fscanf(pipe.get(), "%d %lf", &read.variant, &read.run) == 2;
    for (double &step : read.steps) whole = whole && std::fscanf(pipe.get(), "%lf", &step) == 1;
    if (plan.most_tasks > 1) whole = whole && std::fscanf(pipe.get(), "%lf", &read.parallel_run) == 1;
    if (!whole) return {ErrorCode::kernel_failed, "the program failed: " + command + "\n" + program.errors()};
    times = std::move(read);
    return {};
}

}  // namespace dsq
