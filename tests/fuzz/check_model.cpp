#include "tests/fuzz/check_model.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "compile/lower.h"
#include "compile/plan_program.h"
#include "compile/program_check.h"
#include "model/integer_interpreter.h"

namespace dsq::fuzz {
namespace {

// So that an input takes no longer than a millisecond.
constexpr double most_macs = 1e4;
constexpr std::size_t most_pixels = 1 << 10;

void require(bool holds, const char *what, const std::string &message = "") {
    if (holds) return;
    std::fprintf(stderr, "dsq: %s %s\n", what, message.c_str());
    std::abort();
}

// An error says something; success changes what it was asked for.
void require_message(const Status &status) {
    require(status.ok() || !status.message().empty(), "an error has no message");
}

void plan(const IntegerGraph &graph, const CompileTarget &target) {
    const ProgramOptions options{.name = "fuzz", .target = target, .core = target.cores.front(), .batch = 2};
    ProgramPlan plan;
    std::vector<VariantNotes> notes;
    const Status status = plan_program(graph, options, plan, notes);
    require_message(status);
    if (!status.ok()) return;
    ProgramSizes sizes;
    const Status checked = check_program(plan, sizes);
    require(checked.ok(), "a plan is not one of a program:", checked.message());
    require(sizes.input_bytes == element_count(graph.input) * 2, "a plan reads other than the images");
}

void run(const IntegerGraph &graph) {
    const std::vector<std::uint8_t> pixels(element_count(graph.input), 77);
    IntegerTrace trace;
    const Status status = interpret(graph, pixels, 1, trace);
    require(status.ok(), "a valid graph does not run:", status.message());
    for (std::size_t t = 0; t < graph.tensors.size(); ++t) {
        const CodeRange range = graph.tensors[t].range;
        for (const int code : trace.tensors[t].codes) {
            require(code >= range.low && code <= range.high, "a code leaves its range:", graph.tensors[t].name);
        }
    }
}

}  // namespace

void check_model(const Model &model) {
    IntegerGraph graph;
    Status status = lower(model, graph);
    require_message(status);
    if (!status.ok()) return;
    status = validate(graph);
    require_message(status);
    if (!status.ok()) return;
    std::vector<Shape> shapes;
    require(infer_shapes(model.network, shapes).ok(), "a network was lowered that is none");
    if (count_macs(model.network, shapes) > most_macs || element_count(graph.input) > most_pixels) return;
    // One target each, so that an input costs little: which one follows from the model.
    plan(graph, compile_targets()[model.tensors.size() % compile_targets().size()]);
    for (const Shape &shape : shapes) {
        if (element_count(shape) > most_pixels) return;
    }
    run(graph);
}

}  // namespace dsq::fuzz
