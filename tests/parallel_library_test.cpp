// Libraries whose convolutions are split into tasks: every tensor is the interpreter's, and an app's threads get the
// same logits, on every target that this machine runs.
#include <gtest/gtest.h>

#include <cstring>
#include <sstream>

#include "compile/observe_library.h"
#include "compile/profile_library.h"
#include "model/integer_interpreter.h"
#include "tests/support/expectations.h"
#include "tests/support/run_command.h"
#include "tests/support/settled_model.h"
#include "tests/support/temporary_folder.h"

namespace dsq::tests {
namespace {

ProgramOptions options_for(const CompileTarget &target, const TargetVariant &variant, int tasks, int batch) {
    ProgramOptions options{.name = "model", .target = target, .core = target.cores.front(), .batch = batch};
    options.target.variants = {variant};
    options.most_tasks = tasks;
    return options;
}

class ParallelLibrary {
public:
    ParallelLibrary(const Model &model, const ProgramOptions &options) : options_(options) {
        assert_ok(compile_model(model, options, folder_.path(), 2, compiled_));
        pixels_ = random_pixels(model.network.input, options.batch, 3);
        assert_ok(interpret(compiled_.graph, pixels_, options.batch, expected_));
    }

    int largest_kernel() const {
        int tasks = 1;
        for (const KernelPlan &kernel : compiled_.plan.variants[0].kernels) tasks = std::max(tasks, kernel.tasks);
        return tasks;
    }

    // Its steps, whose tasks run one after the other.
    void expect_tensors_of_the_interpreter() {
        const auto compare = [&](int, const std::vector<TensorValues> &tensors) -> Status {
            for (std::size_t t = 0; t < tensors.size(); ++t) {
                EXPECT_EQ(tensors[t].codes, expected_.tensors[t].codes) << compiled_.graph.tensors[t].name;
                EXPECT_EQ(tensors[t].reals, expected_.tensors[t].reals) << compiled_.graph.tensors[t].name;
            }
            return {};
        };
        const Observation how{.program = {options_.target.linker, options_.target.runner, ""}};
        assert_ok(observe_library(compiled_, 0, folder_.path(), how, pixels_, 1, compare));
    }

    // As tests/support/run_parallel.cpp runs it.
    void expect_logits_from_threads() {
        folder_.write("input", std::string(reinterpret_cast<const char *>(pixels_.data()), pixels_.size()));
        std::string command;
        for (const std::string &word : options_.target.linker) command += word + " ";
        command += "-std=c++20 -O1 -Wall -Wextra -Wpedantic -Werror -pthread -I" + folder_.path() +
                   " " DSQ_SOURCE_DIR "/tests/support/run_parallel.cpp " + compiled_.facts.archive + " -o " +
                   folder_.path("app") + " && ";
        for (const std::string &word : options_.target.runner) command += word + " ";
        command += folder_.path("app") + " " + folder_.path("input") + " " + folder_.path("output");
        const auto [text, code] = run(command);
        ASSERT_EQ(code, 0) << text;
        const std::string found = file_text(folder_.path("output"));
        const std::vector<float> &logits = expected_.tensors[static_cast<std::size_t>(compiled_.graph.logits)].reals;
        ASSERT_EQ(found.size(), logits.size() * sizeof(float));
        EXPECT_EQ(std::memcmp(found.data(), logits.data(), found.size()), 0);
    }

    void expect_times() {
        LibraryTimes times;
        assert_ok(profile_library(
            compiled_.plan, compiled_.facts, {options_.target.linker, {}, ""}, folder_.path(), 3, times));
        EXPECT_GT(times.run, 0);
        EXPECT_GT(times.parallel_run, 0);
    }

    const CompiledModel &compiled() const {
        return compiled_;
    }

private:
    ProgramOptions options_;
    TemporaryFolder folder_;
    CompiledModel compiled_;
    std::vector<std::uint8_t> pixels_;
    IntegerTrace expected_;
};

struct Case {
    const char *name;
    ModelKind kind;
    int tasks;
    int batch = 1;
};

std::ostream &operator<<(std::ostream &stream, const Case &test) {
    return stream << test.name;
}

class ParallelModel : public testing::TestWithParam<Case> {};

TEST_P(ParallelModel, ComputesTheSameInTasks) {
    const Model model = settled_model(GetParam().kind);
    for (const CompileTarget &target : compile_targets()) {
        for (const TargetVariant &variant : target.variants) {
            if (!runs_here(target, variant)) continue;
            SCOPED_TRACE(target.name + ", " + variant.name);
            ParallelLibrary library(model, options_for(target, variant, GetParam().tasks, GetParam().batch));
            EXPECT_EQ(library.largest_kernel(), GetParam().tasks);
            library.expect_tensors_of_the_interpreter();
            library.expect_logits_from_threads();
        }
    }
}

constexpr Shape small{3, 16, 16};
const Case cases[] = {
    {"rows", {.image = small}, 4},
    {"images", {.weight_bits = 4, .activation_bits = 4, .outer_8bit = true, .image = small}, 2, 4},
    {"signs", {.weight_bits = 1, .activation_bits = 1, .image = small}, 2},
    {"channels", {.network = "resnet18", .image = {3, 32, 32}}, 4},
    {"odd_rows_in_batches",
     {.network = "vgg_small", .weight_bits = 3, .activation_bits = 3, .image = {3, 24, 24}},
     3,
     2},
};
INSTANTIATE_TEST_SUITE_P(Models, ParallelModel, testing::ValuesIn(cases), [](const auto &param) {
    return std::string(param.param.name);
});

// Channels that no tile divides, windows of 7 and 5 taps, odd strides: what can be split is, the rest is one task.
TEST(ParallelOddModel, ComputesTheSameInTasks) {
    const CompileTarget &target = compile_targets().front();
    for (const TargetVariant &variant : target.variants) {
        if (!runs_here(target, variant)) continue;
        for (const int tasks : {2, 5, 7}) {
            SCOPED_TRACE(variant.name + " " + std::to_string(tasks));
            ParallelLibrary library(settled_odd_model(), options_for(target, variant, tasks, 1));
            EXPECT_GT(library.largest_kernel(), 1);
            library.expect_tensors_of_the_interpreter();
        }
    }
}

std::string symbols(const CompiledModel &compiled, const std::string &options) {
    const auto [text, code] = run("nm " + options + " " + compiled.facts.archive);
    EXPECT_EQ(code, 0) << text;
    return text;
}

TEST(ParallelLibrary, IsTimedAndHasNoVariablesAndNeedsNothingMore) {
    const CompileTarget &target = compile_targets().front();
    const Model model = settled_model({.image = small});
    ParallelLibrary library(model, options_for(target, target.variants.back(), 4, 1));
    library.expect_times();
    std::istringstream lines(symbols(library.compiled(), "-u"));
    for (std::string kind, symbol; lines >> kind;) {
        if (kind != "U") continue;
        lines >> symbol;
        const bool asks_processor = symbol.starts_with("__cpu_") || symbol == "_GLOBAL_OFFSET_TABLE_";
        EXPECT_TRUE(symbol == "memset" || symbol == "memcpy" || symbol.starts_with("model_") ||
                    symbol == "dsq_processor_has" || asks_processor)
            << symbol;
    }
    const std::string all = symbols(library.compiled(), "");
    for (const char *kind : {" B ", " b ", " D ", " d ", " C "}) EXPECT_EQ(all.find(kind), std::string::npos) << all;
    EXPECT_NE(all.find(" T model_task\n"), std::string::npos) << all;
}

TEST(ParallelLibrary, OfOneTaskIsTheOneForASingleThread) {
    const CompileTarget &target = compile_targets().front();
    const Model model = settled_model({.image = small});
    const ParallelLibrary library(model, options_for(target, target.variants.back(), 1, 1));
    EXPECT_EQ(library.largest_kernel(), 1);
    EXPECT_EQ(symbols(library.compiled(), "").find("model_task"), std::string::npos);
    EXPECT_EQ(file_text(library.compiled().facts.header).find("parallel"), std::string::npos);
}

}  // namespace
}  // namespace dsq::tests
