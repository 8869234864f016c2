// What the kernels were compiled to, read from their assembly.
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace dsq::tests {
namespace {

std::vector<std::string> assembly_files() {
    std::ifstream list(DSQ_ASSEMBLY_FILES);
    std::vector<std::string> files;
    for (std::string line; std::getline(list, line);) {
        if (!line.empty()) files.push_back(line);
    }
    return files;
}

std::string contents(const std::string &file) {
    std::ifstream stream(file);
    EXPECT_TRUE(stream.good()) << file;
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

// The functions that it calls or jumps to, its own left out.
std::set<std::string> called_functions(const std::string &assembly) {
    std::set<std::string> called, own;
    const std::regex call(R"(\n\s+(?:call[ql]?|jmp|bl|b)\s+\*?([A-Za-z_]\w*))"), label(R"(\n([A-Za-z_]\w*):)");
    for (std::sregex_iterator it(assembly.begin(), assembly.end(), call), end; it != end; ++it) called.insert((*it)[1]);
    for (std::sregex_iterator it(assembly.begin(), assembly.end(), label), end; it != end; ++it) own.insert((*it)[1]);
    for (const std::string &name : own) called.erase(name);
    return called;
}

TEST(Assembly, EveryKernelHasOneForEveryInstructionSet) {
    EXPECT_GE(assembly_files().size(), 17U);
}

// A libm call is one element at a time: 30 times slower than the vectors around it, and different between targets.
TEST(Assembly, KernelsCallNothingButHalidesRuntimeAndMemoryFunctions) {
    for (const std::string &file : assembly_files()) {
        for (const std::string &function : called_functions(contents(file))) {
            const bool expected = function.starts_with("halide_") || function.starts_with("_halide_") ||
                                  function == "memset" || function == "memcpy" || function == "memmove" ||
                                  function.starts_with("__asan_");
            EXPECT_TRUE(expected) << file << " calls " << function;
        }
    }
}

// The reader itself sees a libm call where there is one.
TEST(Assembly, TheReaderFindsACall) {
    EXPECT_EQ(called_functions("\nf:\n\tcallq\ttanhf@PLT\n\tcallq\tf\n"), (std::set<std::string>{"tanhf"}));
    EXPECT_EQ(called_functions("\nf:\n\tcallq\t*expf@GOTPCREL(%rip)\n"), (std::set<std::string>{"expf"}));
    EXPECT_EQ(called_functions("\nf:\n\tbl\tlogf\n"), (std::set<std::string>{"logf"}));
}

// Vectors as wide as the instruction set has them; the layers of a test's own kernels may be too small.
TEST(Assembly, KernelsUseTheWidestRegisters) {
    for (const std::string &file : assembly_files()) {
        if (file.find("dsq_test_") != std::string::npos) continue;
        const std::string text = contents(file);
        const char *wide = file.find("avx512") != std::string::npos   ? "%zmm"
                           : file.find("x86-64") != std::string::npos ? "%ymm"
                                                                      : ".4s";
        EXPECT_NE(text.find(wide), std::string::npos) << file << " has no " << wide;
    }
}

}  // namespace
}  // namespace dsq::tests
