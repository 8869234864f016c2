#include "compile/plan_program.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "compile/lower.h"
#include "compile/program_check.h"
#include "tests/support/expectations.h"
#include "tests/support/tiny_model.h"

namespace dsq::tests {
namespace {

IntegerGraph lowered(std::string_view kind) {
    IntegerGraph graph;
    Status status = lower(tiny_model(kind), graph);
    if (status.ok()) status = validate(graph);
    EXPECT_TRUE(status.ok()) << status.message();
    return graph;
}

ProgramOptions options_for(const CompileTarget &target, int batch, ElementType pixels) {
    return {.name = "tiny", .target = target, .core = target.cores.front(), .batch = batch, .pixels = pixels};
}

TEST(PlanProgram, IsAProgramForEveryTarget) {
    for (const std::string_view kind : tiny_kinds) {
        const IntegerGraph graph = lowered(kind);
        for (const CompileTarget &target : compile_targets()) {
            for (const int batch : {1, 3}) {
                SCOPED_TRACE(std::string(kind) + ", " + target.name + ", batch " + std::to_string(batch));
                const ElementType pixels = batch == 1 ? ElementType::u8 : ElementType::f32;
                ProgramPlan plan;
                std::vector<VariantNotes> notes;
                assert_ok(plan_program(graph, options_for(target, batch, pixels), plan, notes));
                ProgramSizes sizes;
                assert_ok(check_program(plan, sizes));
                const auto images = static_cast<std::size_t>(batch);
                EXPECT_EQ(sizes.input_bytes, element_count(graph.input) * images * element_size(pixels));
                EXPECT_EQ(sizes.output_bytes,
                          element_count(graph.tensors[static_cast<std::size_t>(graph.logits)].shape) * images * 4);
                ASSERT_EQ(plan.variants.size(), target.variants.size());
                ASSERT_EQ(notes.size(), target.variants.size());
            }
        }
    }
}

// Every tensor is written by one kernel, and lies where the notes say.
TEST(PlanProgram, NotesTellWhereTensorsAre) {
    const IntegerGraph graph = lowered("residual");
    const CompileTarget &target = compile_targets().front();
    ProgramPlan plan;
    std::vector<VariantNotes> notes;
    assert_ok(plan_program(graph, options_for(target, 2, ElementType::u8), plan, notes));
    for (std::size_t v = 0; v < notes.size(); ++v) {
        ASSERT_EQ(notes[v].kernels.size(), plan.variants[v].kernels.size());
        std::vector<int> written(graph.tensors.size(), 0);
        for (const KernelNote &note : notes[v].kernels) {
            for (const int t : note.writes) ++written[static_cast<std::size_t>(t)];
        }
        EXPECT_EQ(written, std::vector<int>(graph.tensors.size(), 1));
        for (std::size_t t = 0; t < graph.tensors.size(); ++t) {
            const TensorPlace &place = notes[v].tensors[t];
            const bool is_output = static_cast<int>(t) == graph.logits;
            EXPECT_EQ(place.place, is_output ? Place::output : Place::workspace);
            EXPECT_EQ(place.border, graph.tensors[t].padding.empty() || !graph.tensors[t].is_codes ? 0 : 1);
        }
    }
}

// Tasks of any number are parts of the layer's tensors: check_program finds what lies outside.
TEST(PlanProgram, IsAProgramInTasks) {
    for (const std::string_view kind : tiny_kinds) {
        const IntegerGraph graph = lowered(kind);
        for (const CompileTarget &target : compile_targets()) {
            int largest = 1;
            for (const int most : {2, 3, 4, 256}) {
                ProgramOptions options = options_for(target, 1, ElementType::u8);
                options.most_tasks = most;
                ProgramPlan plan;
                std::vector<VariantNotes> notes;
                assert_ok(plan_program(graph, options, plan, notes));
                ProgramSizes sizes;
                assert_ok(check_program(plan, sizes));
                for (const KernelPlan &kernel : plan.variants.front().kernels)
                    largest = std::max(largest, kernel.tasks);
            }
            EXPECT_GT(largest, 1) << kind << ", " << target.name;
        }
    }
}

TEST(PlanProgram, NamesATensorThatIsTooLarge) {
    IntegerGraph graph = lowered("signs");
    graph.input.width = graph.tensors.front().shape.width = 1 << 30;
    ProgramPlan plan;
    std::vector<VariantNotes> notes;
    const ProgramOptions options = options_for(compile_targets().front(), 1024, ElementType::u8);
    expect_error(
        plan_program(graph, options, plan, notes), ErrorCode::invalid_argument, "tensor image: expected at most");
    EXPECT_TRUE(plan.variants.empty());
}

TEST(CompileTarget, NamesWhatThereIs) {
    CompileTarget target;
    std::string core;
    expect_error(find_target("riscv-64-linux", core, target),
                 ErrorCode::invalid_argument,
                 "target 'riscv-64-linux': expected one of x86-64-linux, arm-64-linux");
    EXPECT_TRUE(target.name.empty());
    core = "cortex-a99";
    const Status status = find_target("arm-64-linux", core, target);
    expect_error(status, ErrorCode::invalid_argument, "core 'cortex-a99' of target arm-64-linux: expected one of ");
    EXPECT_NE(status.message().find("cortex-a53"), std::string::npos);
    core.clear();
    for (const CompileTarget &each : compile_targets()) {
        assert_ok(find_target(each.name, core, target));
        EXPECT_EQ(core, each.cores.front());
        core.clear();
    }
}

}  // namespace
}  // namespace dsq::tests
