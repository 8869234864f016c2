// Libraries are built from a plan, linked and run as an app would, and compared with plain C++.
#include "compile/build_library.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "compile/object_file.h"
#include "tests/support/run_command.h"
#include "tests/support/small_program.h"
#include "tests/support/temporary_folder.h"

namespace dsq {
namespace {

using tests::run;
using tests::SmallProgram;

struct Machine {
    const char *name;
    std::vector<ProgramVariant> variants;
    std::string tools;     // prefix of the compiler and of nm
    std::string emulator;  // how a program is run
};

std::ostream &operator<<(std::ostream &stream, const Machine &machine) {
    return stream << machine.name;
}

ProgramVariant variant(const std::string &target, const std::vector<std::string> &requirements = {}) {
    return {target, requirements, {}, 0};
}

const char *const avx2 = "x86-64-linux-sse41-avx-f16c-fma-avx2";
const std::string arm_run = "qemu-aarch64 -L /usr/aarch64-linux-gnu ";

Machine x86() {
    const std::string avx512 = std::string(avx2) + "-avx512-avx512_skylake";
    return {"x86",
            {variant(avx512 + "-avx512_cannonlake-avx512_zen4",
                     {"avx512f",
                      "avx512bw",
                      "avx512dq",
                      "avx512vl",
                      "avx512cd",
                      "avx512ifma",
                      "avx512vbmi",
                      "avx512vnni",
                      "avx512vbmi2",
                      "avx512bitalg",
                      "avx512vpopcntdq",
                      "avx512bf16"}),
             variant(avx512, {"avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512cd"}),
             variant(avx2, {"avx2", "fma"})},
            "",
            ""};
}
Machine one_x86() {
    return {"one_x86", {variant(avx2)}, "", ""};
}
Machine arm() {
    return {"arm", {variant("arm-64-linux")}, "aarch64-linux-gnu-", arm_run + "-cpu cortex-a53 "};
}
Machine arm_dot() {
    return {"arm_dot", {variant("arm-64-linux-arm_dot_prod")}, "aarch64-linux-gnu-", arm_run + "-cpu max "};
}

std::vector<std::string> files_in(const std::string &folder) {
    std::vector<std::string> names;
    for (const auto &entry : std::filesystem::directory_iterator(folder)) names.push_back(entry.path().filename());
    std::ranges::sort(names);
    return names;
}

class BuiltLibrary : public testing::TestWithParam<Machine> {
protected:
    void SetUp() override {
        const Status status = build_library(program_.plan("small", GetParam().variants), folder_.path(), 2, facts_);
        ASSERT_TRUE(status.ok()) << status.message();
    }

    // The program of tests/support/run_library.c with the library `name`, compiled as C99.
    std::string linked(const std::string &name) {
        std::string upper = name;
        for (char &character : upper) character = static_cast<char>(std::toupper(character));
        std::string command = GetParam().tools + "gcc -std=c99 -Wall -Wextra -Wpedantic -Werror -pthread -include " +
                              folder_.path(name + ".h") +
                              " -DSTEPS=3 -DPADDING=" + std::to_string(SmallProgram::padding);
        for (const char *size : {"INPUT_BYTES", "OUTPUT_BYTES", "WORKSPACE_BYTES"}) {
            command += std::string(" -D") + size + "=" + upper + "_" + size;
        }
        for (const auto &[macro, function] : {std::pair{"RUN", "_run"}, {"STEP", "_step"}, {"VARIANT", "_variant"}}) {
            command += std::string(" -D") + macro + "=" + name + function;
        }
        command += " -o " + folder_.path("program") + " " DSQ_SOURCE_DIR "/tests/support/run_library.c -L" +
                   folder_.path() + " -l" + name;
        const auto [text, code] = run(command);
        EXPECT_EQ(code, 0) << command << "\n" << text;
        return folder_.path("program");
    }

    SmallProgram program_{1};
    TemporaryFolder folder_;
    LibraryFacts facts_;
};

TEST_P(BuiltLibrary, ComputesWhatPlainCodeDoes) {
    const std::string program = linked("small");
    const auto &input = program_.input();
    folder_.write("input", std::string(reinterpret_cast<const char *>(input.data()), input.size()));
    const auto [text, code] =
        run(GetParam().emulator + program + " " + folder_.path("input") + " " + folder_.path("output"));
    ASSERT_EQ(code, 0) << text;
    const std::vector<float> expected = program_.expected();
    const std::string found = file_text(folder_.path("output"));
    ASSERT_EQ(found.size(), expected.size() * sizeof(float));
    EXPECT_EQ(std::memcmp(found.data(), expected.data(), found.size()), 0);
}

TEST_P(BuiltLibrary, NeedsTheCLibraryAloneAndHasNoVariables) {
    const auto [undefined, code] = run(GetParam().tools + "nm -u " + facts_.archive);
    ASSERT_EQ(code, 0);
    std::istringstream lines(undefined);
    for (std::string kind, symbol; lines >> kind;) {
        if (kind != "U") continue;
        lines >> symbol;
        // Of GCC's and Clang's own library: what the processor has.
        const bool asks_processor = symbol.starts_with("__cpu_") || symbol == "_GLOBAL_OFFSET_TABLE_";
        EXPECT_TRUE(symbol == "memset" || symbol == "memcpy" || symbol.starts_with("small_") ||
                    (GetParam().variants.size() > 1 && (symbol == "dsq_processor_has" || asks_processor)))
            << symbol;
    }
    const auto [sections, read] = run(GetParam().tools + "readelf -SW " + facts_.archive);
    ASSERT_EQ(read, 0);
    std::istringstream rows(sections);
    int writable = 0, code_sections = 0;
    for (std::string row; std::getline(rows, row);) {
        // [Nr] Name Type Address Off Size ES Flags Lk Inf Al
        std::istringstream fields(row.substr(std::min(row.size(), row.find(']') + 1)));
        std::string name, type, address, offset, size, entry, flags;
        fields >> name >> type >> address >> offset >> size >> entry >> flags;
        const bool is_empty = size.find_first_not_of('0') == std::string::npos;
        if (row.find(']') == std::string::npos || is_empty) continue;
        writable += flags.find('W') != std::string::npos ? 1 : 0;
        code_sections += flags.find('X') != std::string::npos ? 1 : 0;
    }
    EXPECT_EQ(writable, 0) << sections;
    EXPECT_GE(code_sections, 4);
}

TEST_P(BuiltLibrary, TellsItsSizes) {
    EXPECT_EQ(facts_.input_bytes, program_.input().size());
    EXPECT_EQ(facts_.output_bytes, program_.expected().size() * sizeof(float));
    EXPECT_EQ(facts_.workspace_bytes % workspace_alignment, 0U);
    ASSERT_EQ(facts_.kernels.size(), GetParam().variants.size());
    const KernelFacts &second = facts_.kernels.back().at(1);
    EXPECT_EQ(second.name, "second");
    EXPECT_GE(second.constant_bytes, 32U * 16 * 9);
    // The sums of its input's codes: too large for the stack.
    EXPECT_GE(second.scratch_bytes, 72U * 68 * 4);
    EXPECT_GE(facts_.workspace_bytes, SmallProgram::second_offset + SmallProgram::second_bytes + second.scratch_bytes);
}

TEST_P(BuiltLibrary, HasAHeaderForCPlusPlusToo) {
    folder_.write("app.cpp", "#include \"small.h\"\nint main() { return small_run(nullptr, nullptr, nullptr); }\n");
    const auto [text, code] = run(GetParam().tools + "g++ -std=c++11 -Wall -Wextra -Wpedantic -Werror " +
                                  folder_.path("app.cpp") + " " + facts_.archive + " -o " + folder_.path("app"));
    EXPECT_EQ(code, 0) << text;
}

TEST_P(BuiltLibrary, LinksWithASecondOneIntoASharedObject) {
    LibraryFacts other;
    const Status status = build_library(program_.plan("other", GetParam().variants), folder_.path(), 1, other);
    ASSERT_TRUE(status.ok()) << status.message();
    const auto [text, code] =
        run(GetParam().tools + "gcc -shared -Wl,--no-undefined -Wl,--whole-archive " + facts_.archive + " " +
            other.archive + " -Wl,--no-whole-archive -o " + folder_.path("both.so"));
    EXPECT_EQ(code, 0) << text;
}

INSTANTIATE_TEST_SUITE_P(Machines,
                         BuiltLibrary,
                         testing::Values(x86(), one_x86(), arm(), arm_dot()),
                         [](const auto &param) { return std::string(param.param.name); });

// What a plan gets wrong, and the words of the error.
struct BadPlan {
    const char *name;
    void (*spoil)(ProgramPlan &plan);
    std::vector<std::string> words;
};

std::ostream &operator<<(std::ostream &stream, const BadPlan &plan) {
    return stream << plan.name;
}

KernelPlan &kernel(ProgramPlan &plan, std::size_t index) {
    return plan.variants[0].kernels[index];
}

class BadProgram : public testing::TestWithParam<BadPlan> {};

TEST_P(BadProgram, IsAnErrorThatLeavesNothing) {
    const TemporaryFolder folder;
    ProgramPlan plan = SmallProgram(1).plan("small", {variant(avx2)});
    GetParam().spoil(plan);
    LibraryFacts facts;
    testing::internal::CaptureStderr();
    const Status status = build_library(plan, folder.path("new/libraries"), 2, facts);
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
    EXPECT_FALSE(status.ok());
    for (const std::string &word : GetParam().words) {
        EXPECT_NE(status.message().find(word), std::string::npos) << status.message();
    }
    EXPECT_FALSE(std::filesystem::exists(folder.path("new")));
    EXPECT_EQ(facts.archive, "");
}

const BadPlan bad_plans[] = {
    {"generator", [](ProgramPlan &plan) { kernel(plan, 1).generator = "conv3d"; }, {"'second'", "'conv3d'"}},
    {"parameter", [](ProgramPlan &plan) { kernel(plan, 1).parameters["flavour"] = "1"; }, {"'second'", "flavour"}},
    {"value", [](ProgramPlan &plan) { kernel(plan, 0).parameters["run"] = "many"; }, {"'first'", "many"}},
    {"buffer", [](ProgramPlan &plan) { kernel(plan, 0).buffers["bias"] = {}; }, {"'first'", "'bias'"}},
    {"no_buffer", [](ProgramPlan &plan) { kernel(plan, 2).buffers.erase("scale"); }, {"'third'", "'scale'"}},
    {"scalar", [](ProgramPlan &plan) { kernel(plan, 2).scalars["gain"] = 1.0F; }, {"'third'", "'gain'"}},
    {"no_scalar",
     [](ProgramPlan &plan) { kernel(plan, 2).scalars.erase("clamp_upper"); },
     {"'third'", "'clamp_upper'"}},
    {"scalar_type", [](ProgramPlan &plan) { kernel(plan, 2).scalars["clamp_upper"] = 3; }, {"'third'", "float32"}},
    {"type",
     [](ProgramPlan &plan) { kernel(plan, 0).buffers["input"].type = ElementType::u8; },
     {"'first'", "'input'", "uint8", "int8"}},
    {"extent",
     [](ProgramPlan &plan) { kernel(plan, 0).buffers["output"].dimensions[0].extent = 31; },
     {"'first'", "'output'", "31", "32"}},
    {"border",  // which the kernel reads
     [](ProgramPlan &plan) {
         kernel(plan, 0).buffers["input"].dimensions[1] = {0, 70, 16};
     },
     {"'first'", "input", "out_of_bounds"}},
    {"constants",
     [](ProgramPlan &plan) { kernel(plan, 0).buffers["weights"].bytes.pop_back(); },
     {"'first'", "'weights'", "4607", "4608"}},
    {"unaligned",
     [](ProgramPlan &plan) {
         BufferPlan &output = kernel(plan, 2).buffers["output"];
         output.place = Place::workspace;
         output.offset = 2;
     },
     {"'third'", "'output'", "2", "4"}},
    {"outside", [](ProgramPlan &plan) { plan.variants[0].tensor_bytes -= 1; }, {"'second'", "'output'", "workspace"}},
    {"overlap",
     [](ProgramPlan &plan) { kernel(plan, 1).buffers["output"].offset = 64; },
     {"'second'", "'output'", "'input'"}},
    {"tasks", [](ProgramPlan &plan) { kernel(plan, 0).tasks = 2; }, {"'first'", "1 to 1 tasks", "found 2"}},
    {"task_stride",
     [](ProgramPlan &plan) {
         plan.most_tasks = kernel(plan, 2).tasks = 2;
         kernel(plan, 2).buffers["output"].task_stride = 6;
     },
     {"'third'", "'output'", "6", "4"}},
    {"tasks_outside",
     [](ProgramPlan &plan) {
         plan.most_tasks = kernel(plan, 1).tasks = 2;
         kernel(plan, 1).buffers["output"].task_stride = 1;
     },
     {"'second'", "'output'", "workspace"}},
    {"overlapping_tasks",
     [](ProgramPlan &plan) { plan.most_tasks = kernel(plan, 1).tasks = 2; },
     {"'second'", "'output'", "two tasks"}},
    {"target", [](ProgramPlan &plan) { plan.variants[0].target = "arm-63"; }, {"arm-63"}},
    {"requirement", [](ProgramPlan &plan) { plan.variants[0].requirements = {"mmx2"}; }, {"mmx2"}},
    {"name", [](ProgramPlan &plan) { plan.name = "res-net"; }, {"res-net"}},
    {"kernel_name", [](ProgramPlan &plan) { kernel(plan, 1).name = "first"; }, {"'first'", "unique"}},
};

INSTANTIATE_TEST_SUITE_P(Plans, BadProgram, testing::ValuesIn(bad_plans), [](const auto &param) {
    return std::string(param.param.name);
});

TEST(BuildLibrary, NamesAFolderThatCannotBeWritten) {
    const TemporaryFolder folder;
    const std::string file = folder.write("file", "");
    LibraryFacts facts;
    const Status status = build_library(SmallProgram(1).plan("small", {variant(avx2)}), file, 1, facts);
    EXPECT_EQ(status.code(), ErrorCode::invalid_file);
    EXPECT_NE(status.message().find(file), std::string::npos) << status.message();
    EXPECT_EQ(files_in(folder.path()), std::vector<std::string>{"file"});
}

TEST(BuildLibrary, WritesBothFilesOrNone) {
    for (const std::string taken : {"libsmall.a", "small.h"}) {
        const TemporaryFolder folder;
        std::filesystem::create_directories(folder.path(taken + "/inside"));
        LibraryFacts facts;
        const Status status = build_library(SmallProgram(1).plan("small", {variant(avx2)}), folder.path(), 1, facts);
        EXPECT_EQ(status.code(), ErrorCode::invalid_file);
        EXPECT_NE(status.message().find(folder.path(taken)), std::string::npos) << status.message();
        EXPECT_EQ(files_in(folder.path()), std::vector<std::string>{taken});
    }
}

TEST(BuildLibrary, WritesTwoFilesThatDoNotDependOnThreads) {
    const TemporaryFolder folder;
    std::vector<std::string> archives;
    ProgramPlan plan = SmallProgram(1).plan("small", {variant(avx2), variant("x86-64-linux-sse41")});
    for (ProgramVariant &each : plan.variants) {  // more than there are threads
        for (int copy = 0; copy < 4; ++copy) {
            each.kernels.push_back(each.kernels[0]);
            each.kernels.back().name += std::to_string(copy);
        }
    }
    for (const int threads : {1, 4, 1'000'000}) {
        LibraryFacts facts;
        const Status status = build_library(plan, folder.path("out"), threads, facts);
        ASSERT_TRUE(status.ok()) << status.message();
        EXPECT_EQ(files_in(folder.path("out")), (std::vector<std::string>{"libsmall.a", "small.h"}));
        archives.push_back(file_text(facts.archive));
    }
    EXPECT_TRUE(archives[0] == archives[1]);
    EXPECT_TRUE(archives[0] == archives[2]);
}

TEST(ObjectFile, ADamagedOneIsAnError) {
    std::string text = file_text("/proc/self/exe");
    ObjectFacts facts;
    const auto read = [&](std::size_t size) { return read_object(std::as_bytes(std::span(text.data(), size)), facts); };
    EXPECT_TRUE(read(text.size()).ok());
    EXPECT_GT(facts.code_bytes, 0U);
    for (const std::size_t size : {std::size_t(0), std::size_t(63), text.size() / 2, text.size() - 1}) {
        EXPECT_EQ(read(size).code(), ErrorCode::invalid_file) << size;
    }
    text[0] = 'e';
    EXPECT_EQ(read(text.size()).code(), ErrorCode::invalid_file);
}

}  // namespace
}  // namespace dsq
