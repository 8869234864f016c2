// The innermost loops of the kernels of codes, read from their assembly for Arm.
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
    const std::regex label(R"((\.?\w+):.*)"), branch(R"(\s+(?:b\.\w+|cbn?z|tbn?z|b)\s+(?:.*, )?(\.\w+))");
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

struct Promise {
    const char *kernel;
    std::vector<std::string> instructions;
};

class CodesAssembly : public testing::TestWithParam<Promise> {};

// In one loop all that the way is named for, and in no loop with products a register that went to the stack.
TEST_P(CodesAssembly, HoldsThePromisedInstructionsInRegisters) {
    const std::string product = GetParam().instructions[0];
    bool promised = false;
    for (const std::string &loop : innermost_loops(DSQ_ASSEMBLY_FOLDER "/" + std::string(GetParam().kernel) + ".s")) {
        bool has_all = true;
        for (const std::string &instruction : GetParam().instructions) {
            has_all = has_all && contains(loop, instruction);
        }
        promised = promised || has_all;
        EXPECT_FALSE(contains(loop, product) && contains(loop, R"(\[sp)")) << loop;
    }
    EXPECT_TRUE(promised);
}

const char *const mla = R"(\tmla\tv\d+\.16b)";
const char *const saddw = R"(\tsaddw2?\tv\d+\.8h)";
const char *const smlal = R"(\tsmlal2?\tv\d+\.8h)";

INSTANTIATE_TEST_SUITE_P(Of,
                         CodesAssembly,
                         testing::Values(Promise{"dsq_test_mla_paper_2", {mla, saddw}},
                                         Promise{"dsq_test_mla_paper_3", {mla, saddw}},
                                         Promise{"dsq_test_mla_w4a3", {mla, saddw}},
                                         Promise{"dsq_test_mla_w2a2", {mla, saddw}},
                                         Promise{"dsq_test_smlal_narrow_2", {smlal}},
                                         Promise{"dsq_test_smlal_4", {smlal}},
                                         Promise{"dsq_test_winograd_mla_w1a1", {mla, saddw}},
                                         Promise{"dsq_test_winograd_planned", {mla, saddw}},
                                         Promise{"dsq_test_winograd_smlal_2", {smlal}},
                                         Promise{"dsq_test_winograd_w4a4", {smlal}}),
                         [](const auto &param) { return std::string(param.param.kernel); });

TEST(CodesAssemblyReader, FindsALoopAndTheStackInIt) {
    const std::string file = testing::TempDir() + "dsq_codes_assembly.s";
    std::ofstream(file) << "f:\n\tmov\tx0, #4\n.LBB0_1:\n\tmla\tv1.16b, v2.16b, v3.16b\n\tldr\tq1, [sp, #16]\n"
                        << "\tcbnz\tx0, .LBB0_1\n\tret\n";
    const std::vector<std::string> loops = innermost_loops(file);
    ASSERT_EQ(loops.size(), 1U);
    EXPECT_TRUE(contains(loops[0], mla));
    EXPECT_TRUE(contains(loops[0], R"(\[sp)"));
    EXPECT_FALSE(contains(loops[0], "ret"));
}

}  // namespace
}  // namespace dsq::tests
