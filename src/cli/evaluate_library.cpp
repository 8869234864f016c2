#include "evaluate_library.h"

#include <algorithm>
#include <chrono>

#include "compile/observe_library.h"
#include "compile_options.h"
#include "scratch_folder.h"

namespace dsq::cli {

Status evaluate_library(
    const Model &model, const std::string &target, const DataSet &data_set, int threads, Evaluation &evaluation) {
    ProgramOptions program{.name = "model"};
    Status status = find_target(target, program.core, program.target);
    if (status.ok()) status = check_fits(model.network, data_set);
    const ScratchFolder folder;
    CompiledModel compiled;
    if (status.ok()) status = compile_model(model, program, folder.path(), thread_count(threads), compiled);
    if (!status.ok()) return status;
    // Whatever variant runs: all have the same steps, and logits are the output.
    const auto start = std::chrono::steady_clock::now();
    Evaluation sums{.of_integers = true};
    status = observe_library(compiled,
                             compiled.plan.variants.size() - 1,
                             folder.path(),
                             {.program = {program.target.linker, program.target.runner, ""}, .logits_only = true},
                             data_set.pixels,
                             data_set.count,
                             [&](int run, const std::vector<TensorValues> &tensors) {
                                 const std::vector<float> &logits =
                                     tensors[static_cast<std::size_t>(compiled.graph.logits)].reals;
                                 const auto found = std::max_element(logits.begin(), logits.end()) - logits.begin();
                                 sums.correct += found == data_set.labels[static_cast<std::size_t>(run)] ? 1 : 0;
                                 ++sums.images;
                                 return Status{};
                             });
    sums.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (status.ok()) evaluation = sums;
    return status;
}

}  // namespace dsq::cli
