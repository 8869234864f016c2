// The subcommands of `dsq` that compile, as a user meets them.
#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "compile/tuned_table.h"
#include "tests/support/program.h"
#include "tests/support/tiny_model.h"

namespace dsq::tests {
namespace {

using Json = nlohmann::json;

class Compiler : public Program {
protected:
    void SetUp() override {
        model = folder.path("tiny.safetensors");
        ASSERT_TRUE(write_model(model, tiny_model("pixels")).ok());
    }
    Json json_of(const std::string &arguments) const {
        const Ended ended = run(arguments + " --json");
        EXPECT_EQ(ended.code, 0) << ended.errors;
        return Json::parse(ended.output, nullptr, false);
    }
    /// Of the layer `one`.
    std::string table(const std::string &way, const std::string &tile) const {
        return folder.write("table.json",
                            R"({"version": 1, "core": "cortex-a53", "unit": "cycles", "layers": [{"variant": "armv8", )"
                            R"("layer": "2x2x3s1@3x3", "bits": "2/2", "epilogue": "codes", "ways": [{"way": ")" +
                                way + R"(", "tile": ")" + tile + R"(", "cost": 7650}]}]})");
    }

    std::string model;
    const std::string arm = " --target arm-64-linux --core cortex-a53";
};

TEST_F(Compiler, WrongUse) {
    expect_error("compile x -o y --parallel 0", "--parallel: Value 0 not in range 1 to 256 (see 'dsq compile --help')");
}

TEST_F(Compiler, TunesWithClearErrors) {
    const std::string output = " -o " + folder.path("tuned");
    expect_error("tune" + output, "expected a MODEL or --layer, found neither");
    expect_error("tune " + model + " --layer 8x8x3s1@8x8:2/2" + output, "expected a MODEL or --layer, found both");
    expect_error("tune --layer 8x8x3" + output,
                 "--layer '8x8x3': layer: expected one like 64x64x3s1@56x56 or 64dwx3s1@56x56, found '8x8x3'");
    expect_error("tune --layer 8x8x3s1@8x8" + output,
                 "--layer '8x8x3s1@8x8': bits: expected those of weights and activations like 2/2, found ''");
    expect_error("tune --layer 8x8x3s1@8x8:9/2" + output,
                 "--layer '8x8x3s1@8x8:9/2': bits of weights: expected at most 8, found 9");
    expect_error("tune --layer 8x8x2s1@8x8:2/2" + output,
                 "--layer '8x8x2s1@8x8:2/2': kernel: expected an odd extent, found 2");
    expect_error("tune --layer 999999x999999x3s1@8x8:2/2" + output,
                 "--layer '999999x999999x3s1@8x8:2/2': channels: expected at most 16384, found 999999");
    expect_error("tune --layer 8x8x3s1@8x8:2/2 --core pentium" + output,
                 "core 'pentium' of target x86-64-linux: expected one of x86-64");
    expect_error(
        "tune --layer 8x8x3s1@8x8:2/2 --target arm-64-linux --core cortex-a53 --core cortex-a72 --runner false" +
            output,
        "--core: expected one where programs are timed, found 2");
    expect_error("tune " + folder.path("none") + output,
                 folder.path("none") + ": expected a file that may be read, found: No such file or directory");
    EXPECT_FALSE(std::filesystem::exists(folder.path("tuned")));
}

TEST_F(Compiler, TunesThroughARunner) {
    const std::string arguments = "tune --layer 8x16x3s1@8x8:2/2 --budget 1 -o " + folder.path("tuned");
    const Json json = json_of(arguments + " --runner 'sh -c'");
    EXPECT_EQ(json["stopped"], false);
    ASSERT_EQ(json["tables"].size(), 1U);
    EXPECT_EQ(json["tables"][0]["unit"], "ns");
    ASSERT_FALSE(json["tables"][0]["layers"].empty());
    EXPECT_GT(json["tables"][0]["layers"][0]["ways"][0]["cost"], 0);
    EXPECT_EQ(json["tables"][0]["table"], folder.path("tuned/x86-64.json"));
    EXPECT_TRUE(file_text(folder.path("tuned/x86-64.html")).starts_with("<!DOCTYPE html>"));
    const Ended ended = run("tune --layer 8x8x1s1@4x4:2/2 --budget 1 --runner false -o " + folder.path("failed"));
    EXPECT_EQ(ended.code, 1);
    EXPECT_NE(ended.errors.find("dsq: layer 8x8x1s1@4x4: "), std::string::npos) << ended.errors;
    EXPECT_FALSE(std::filesystem::exists(folder.path("failed/x86-64.json")));
}

// As from a terminal: the interrupt goes to what dsq has started, too.
TEST_F(Compiler, AnInterruptEndsTheSearchWithATable) {
    const std::string tuned = folder.path("tuned");
    const std::string command = "setsid " DSQ_PROGRAM " tune --layer 8x16x3s1@8x8:2/2" + arm +
                                " --threads 1 --budget 0 -o " + tuned + " > " + folder.path("output") +
                                " 2>&1 & group=$!; for i in {1..600}; do [ -s " + tuned +
                                "/trials.jsonl ] && break; sleep 0.1; done; kill -INT -- -$group; wait $group";
    EXPECT_EQ(std::system(("bash -c '" + command + "'").c_str()), 0);  // NOLINT(cert-env33-c)
    const std::string output = file_text(folder.path("output"));
    EXPECT_NE(output.find("Table: "), std::string::npos) << output;
    TunedTable table;
    ASSERT_TRUE(read_tuned_table(tuned + "/cortex-a53.json", table).ok());
    EXPECT_EQ(table.layers.size(), 1U);
    const std::string log = file_text(tuned + "/trials.jsonl");
    EXPECT_LE(std::count(log.begin(), log.end(), '\n'), 3);
    EXPECT_EQ(log.find("error"), std::string::npos) << log;
}

TEST_F(Compiler, TunesAModelIntoATableOfItsUnit) {
    const std::string arguments = "tune " + model + arm + " --core cortex-a72 --budget 1 -o " + folder.path("tuned");
    const Json json = json_of(arguments);
    ASSERT_EQ(json["tables"].size(), 2U);
    EXPECT_EQ(json["tables"][1]["core"], "cortex-a72");
    EXPECT_EQ(json["tables"][0]["unit"], "cycles");
    EXPECT_EQ(json["tables"][0]["layers"].size(), 2U);
    const std::string path = folder.path("tuned/cortex-a53.json");
    expect_error("tune " + model + arm + " --runner false -o " + folder.path("tuned"),
                 path + ": expected a table in ns, found one in cycles; --output names another folder");
    const Json compiled = json_of("compile " + model + arm + " --tuned " + path + " -o " + folder.path("lib"));
    for (const Json &layer : json["tables"][0]["layers"]) {
        const std::string how =
            layer["ways"][0]["way"].get<std::string>() + " " + layer["ways"][0]["tile"].get<std::string>();
        EXPECT_NE(compiled.dump().find("\"" + how + "\""), std::string::npos) << how << " is not in " << compiled;
    }
    const Json verified = json_of("verify " + model + arm + " --tuned " + path + " --images 4");
    EXPECT_GT(verified["variants"][0]["codes_compared"], 0);
    EXPECT_EQ(verified["variants"][0]["codes_differing"], 0);
}

TEST_F(Compiler, CompilesByAUsersTable) {
    const std::string tuned = " --tuned " + table("smlal", "2x16"), output = " -o " + folder.path("lib");
    const std::string command = "compile " + model + arm + tuned + output;
    const Json json = json_of(command);
    const Json *layer = nullptr;
    for (const Json &kernel : json["variants"][0]["kernels"]) {
        if (kernel["bits"] == "2/2") layer = &kernel;
    }
    ASSERT_NE(layer, nullptr);
    EXPECT_EQ((*layer)["way"], "smlal 2x16");
    EXPECT_EQ((*layer)["cost"], Json({{"unit", "cycles"}, {"of_image", 7650.0}}));
    EXPECT_EQ((*layer)["packed_weight_bytes"], 2 * 2 * 9 * 2 / 8.0);
    EXPECT_EQ((*layer)["weight_bytes"], 16 * 2 * 9);
    EXPECT_EQ(json["packed_weight_bytes"], 2 * 1 * 9 + 2 * 2 * 9 * 2 / 8.0);
    const std::string text = run(command).output;
    for (const char *expected : {"k cycles\n", "  7.7\n", "KiB as kernels read them, 0.0 KiB packed to their bits\n"}) {
        EXPECT_NE(text.find(expected), std::string::npos) << expected << " is not in\n" << text;
    }
    EXPECT_EQ(json_of("verify " + model + arm + tuned + " --images 4")["variants"][0]["codes_differing"], 0);
}

TEST_F(Compiler, TellsWhatIsWrongWithATable) {
    const std::string output = " -o " + folder.path("lib"), path = table("fastest", "2x16");
    const Ended ended = run("compile " + model + arm + " --tuned " + path + output);
    EXPECT_EQ(ended.code, 1);
    EXPECT_TRUE(ended.errors.starts_with("dsq: " + path + ": layer 0: expected one of mla, ")) << ended.errors;
    expect_error("compile " + model + arm + " --tuned " + table("mla", "2") + output,
                 path + ": layer 0: tile: expected pixels x channels like 2x64, found '2'");
    expect_error("profile " + model + " --tuned " + folder.path("none"), folder.path("none") + ": cannot be read");
    EXPECT_FALSE(std::filesystem::exists(folder.path("lib")));
}

TEST_F(Compiler, EstimatesTheCyclesOfEachLayer) {
    const std::string page = folder.path("page.html");
    const Json json = json_of("profile " + model + arm + " --page " + page);
    EXPECT_EQ(json["core"], "cortex-a53");
    EXPECT_GT(json["cycles"], 0);
    double sum = 0;
    for (const Json &layer : json["layers"]) {
        EXPECT_GT(layer["cycles"], 0) << layer;
        sum += layer["cycles"].get<double>();
    }
    EXPECT_LE(sum, json["cycles"].get<double>() * 1.001);
    EXPECT_GE(sum, json["cycles"].get<double>() * 0.5);
    EXPECT_TRUE(file_text(page).starts_with("<!DOCTYPE html>"));
    EXPECT_EQ(json_of("profile " + model + arm)["cycles"], json["cycles"]);
}

}  // namespace
}  // namespace dsq::tests
