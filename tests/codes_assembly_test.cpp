// The innermost loops of the kernels of codes, read from their assembly.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <regex>
#include <string>
#include <vector>

namespace dsq::tests {
namespace {

// The body of every loop of a kernel that has no other label in it.
std::vector<std::string> innermost_loops(const std::string &file) {
    std::ifstream stream(file);
    EXPECT_TRUE(stream.good()) << file;
    const std::regex label(R"((\.?\w+):.*)"), branch(R"(\s+(?:b\.\w+|cbn?z|tbn?z|b|j\w+)\s+(?:.*, )?(\.\w+))");
    std::vector<std::string> loops;
    std::string current_label, body;
    std::smatch match;
    for (std::string line; std::getline(stream, line);) {
        if (std::regex_match(line, match, label)) {
            current_label = match[1];
            body.clear();
        } else if (std::regex_match(line, match, branch)) {
            if (match[1] == current_label) loops.push_back(body);
        } else {
            body += line + "\n";
        }
    }
    return loops;
}

bool contains(const std::string &text, const std::string &pattern) {
    return std::regex_search(text, std::regex(pattern));
}

// Where something on the stack is read or written.
const char *const stack = R"(\[sp|\(%rsp)";

// Of a kernel, one for each instruction set.
std::vector<std::string> assembly_files(const std::string &kernel) {
    std::ifstream list(DSQ_ASSEMBLY_FILES);
    std::vector<std::string> files;
    for (std::string line; std::getline(list, line);) {
        if (contains(line, "/dsq_test_" + kernel + "[-.]")) files.push_back(line);
    }
    return files;
}

struct Promise {
    const char *kernel;
    std::vector<std::string> instructions;
};

class CodesAssembly : public testing::TestWithParam<Promise> {};

// In one loop all that the way is named for, and in no loop with products a register that went to the stack.
TEST_P(CodesAssembly, HoldsThePromisedInstructionsInRegisters) {
    const std::string product = GetParam().instructions[0];
    const std::vector<std::string> files = assembly_files(GetParam().kernel);
    EXPECT_FALSE(files.empty());
    for (const std::string &file : files) {
        bool promised = false;
        for (const std::string &loop : innermost_loops(file)) {
            bool has_all = true;
            for (const std::string &instruction : GetParam().instructions) {
                has_all = has_all && contains(loop, instruction);
            }
            promised = promised || has_all;
            EXPECT_FALSE(contains(loop, product) && contains(loop, stack)) << file << "\n" << loop;
        }
        EXPECT_TRUE(promised) << file;
    }
}

#if defined(__x86_64__)
const char *const vpdpbusd = R"(\tvpdpbusd\t)";
const char *const vpmaddubsw = R"(\tvpmaddubsw\t)";
const char *const vpmaddwd = R"(\tvpmaddwd\t)";

const Promise promises[] = {{"dot_k3", {vpdpbusd}},
                            {"dot_gemm", {vpdpbusd}},
                            {"dot_w8a8", {vpdpbusd}},
                            {"pairs_a2", {vpmaddubsw, R"(\tvpaddsw\t)"}},
                            {"pairs_gemm", {vpmaddubsw, R"(\tvpaddsw\t)"}},
                            {"pairs_wide", {vpmaddwd, R"(\tvpaddd\t)"}},
                            {"pairs_gemm_k8192", {vpmaddwd, R"(\tvpaddd\t)"}},
                            {"wide_k3_group_2", {R"(\t(vpdpwssd|vpmaddwd)\t)"}}};
#else
const char *const mla = R"(\tmla\tv\d+\.16b)";
const char *const mul = R"(\tmul\tv\d+\.16b)";
const char *const sadalp = R"(\tsadalp\tv\d+\.8h)";
const char *const pair = R"(\t(ld1r\t\{ v\d+\.8h \}|dup\tv\d+\.8h, v\d+\.h\[))";
const char *const saddw = R"(\tsaddw2?\tv\d+\.8h)";
const char *const sdot_by_element = R"(\tsdot\tv\d+\.4s, v\d+\.16b, v\d+\.4b\[)";
const char *const wide_smlal_by_element = R"(\tsmlal2?\tv\d+\.4s, v\d+\.[48]h, v\d+\.h\[)";
const char *const smlal = R"(\tsmlal2?\tv\d+\.8h)";

const Promise promises[] = {{"dot_k3", {sdot_by_element}},
                            {"dot_gemm", {sdot_by_element}},
                            {"mla_paper_2", {mla, saddw}},
                            {"mla_paper_3", {mla, saddw}},
                            {"mla_run_2", {mla, saddw}},
                            {"mla_run_16", {mla, saddw}},
                            {"mla_sadalp_2", {mla, sadalp, pair}},
                            {"mla_sadalp_3", {mla, sadalp, pair}},
                            {"mla_sadalp_4", {mul, sadalp, pair}},
                            {"smlal_narrow_2", {smlal}},
                            {"smlal_k3", {smlal}},
                            {"wide_k3_group_1", {wide_smlal_by_element}},
                            {"winograd_mla_w1a1", {mla, saddw}},
                            {"winograd_planned", {mla, saddw}},
                            {"winograd_sadalp_w1a1", {mla, sadalp, pair}},
                            {"winograd_sadalp_mixed", {mla, sadalp, pair}},
                            {"winograd_smlal_2", {smlal}},
                            {"winograd_smlal", {smlal}}};
#endif

INSTANTIATE_TEST_SUITE_P(Of, CodesAssembly, testing::ValuesIn(promises), [](const auto &param) {
    return std::string(param.param.kernel);
});

TEST(CodesAssemblyReader, FindsALoopAndTheStackInIt) {
    const std::string file = testing::TempDir() + "dsq_codes_assembly.s";
    const std::string bodies[] = {"\tmla\tv1.16b, v2.16b, v3.16b\n\tldr\tq1, [sp, #16]\n\tcbnz\tx0, .LBB0_1\n",
                                  "\tvpmaddwd\t%ymm8, %ymm9, %ymm10\n\tvmovdqa\t%ymm2, 128(%rsp)\n\tjne\t.LBB0_1\n"};
    for (const std::string &body : bodies) {
        std::ofstream(file) << "f:\n\tinc\tx0\n.LBB0_1:\n" << body << "\tret\n";
        const std::vector<std::string> loops = innermost_loops(file);
        ASSERT_EQ(loops.size(), 1U);
        EXPECT_TRUE(body.starts_with(loops[0]));
        EXPECT_TRUE(contains(loops[0], stack));
        EXPECT_FALSE(contains(loops[0], "ret"));
    }
}

}  // namespace
}  // namespace dsq::tests
