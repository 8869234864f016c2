#include "compile/compile_model.h"

#include <algorithm>
#include <utility>

#include "compile/lower.h"
#include "compile/order_channels.h"

namespace dsq {
namespace {

// Sums in 8 bits are those of ARMv8.0.
bool needs_order(const CompileTarget &target) {
    return std::any_of(target.variants.begin(), target.variants.end(), [](const TargetVariant &variant) {
        return variant.instruction_set == InstructionSet::armv8;
    });
}

}  // namespace

Status compile_model(const Model &model,
                     const ProgramOptions &options,
                     const std::string &folder,
                     int threads,
                     CompiledModel &compiled) {
    CompiledModel result;
    Status status = lower(model, result.graph);
    if (status.ok()) status = validate(result.graph);
    if (status.ok() && needs_order(options.target)) order_channels(result.graph);
    if (status.ok()) status = plan_program(result.graph, options, result.plan, result.notes);
    if (status.ok()) status = build_library(result.plan, folder, threads, result.facts);
    if (status.ok()) compiled = std::move(result);
    return status;
}

}  // namespace dsq
