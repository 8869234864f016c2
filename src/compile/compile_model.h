/// A trained model as a library: lower, plan, build.
#pragma once

#include <string>
#include <vector>

#include "compile/build_library.h"
#include "compile/plan_program.h"
#include "model/model.h"

namespace dsq {

/// What was made of a model.
struct CompiledModel {
    IntegerGraph graph;
    ProgramPlan plan;
    std::vector<VariantNotes> notes;  ///< of each variant of the plan
    LibraryFacts facts;
};

/// Writes the library and its header into `folder` (build_library.h). Error: those of lower, validate, plan_program and
/// build_library; nothing is written then.
Status compile_model(
    const Model &model, const ProgramOptions &options, const std::string &folder, int threads, CompiledModel &compiled);

}  // namespace dsq
