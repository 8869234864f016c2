#include "compile/compile_model.h"

#include <utility>

#include "compile/lower.h"

namespace dsq {

Status compile_model(const Model &model,
                     const ProgramOptions &options,
                     const std::string &folder,
                     int threads,
                     CompiledModel &compiled) {
    CompiledModel result;
    Status status = lower(model, result.graph);
    if (status.ok()) status = validate(result.graph);
    if (status.ok()) status = plan_program(result.graph, options, result.plan, result.notes);
    if (status.ok()) status = build_library(result.plan, folder, threads, result.facts);
    if (status.ok()) compiled = std::move(result);
    return status;
}

}  // namespace dsq
