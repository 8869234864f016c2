// The program `dsq` as a user meets it: what it prints, and how it ends.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "model/built_in.h"
#include "model/model.h"
#include "model/parameters.h"
#include "tests/support/program.h"
#include "tests/support/tiny_model.h"
#include "train/recipe_keys.h"

namespace dsq {
namespace {

class Models : public Program {
protected:
    /// A float ResNet-20 of zeros, as PyTorch would save it.
    std::string zeros() const {
        Model model;
        std::vector<Shape> shapes;
        EXPECT_TRUE(built_in_network("resnet20", {3, 32, 32}, 10, model.network).ok());
        EXPECT_TRUE(infer_shapes(model.network, shapes).ok());
        TensorFile file;
        for (const ParameterTensor &parameter : parameter_tensors(model.network, shapes)) {
            const std::vector<float> values(parameter.size());
            file.tensors[parameter.name] = make_tensor<float>(parameter.shape, values);
        }
        EXPECT_TRUE(write_safetensors(folder.path("zeros.safetensors"), file).ok());
        return folder.path("zeros.safetensors");
    }
};

TEST_F(Program, SaysWhatItIs) {
    EXPECT_TRUE(run("--version").output.starts_with("dsq 0.1.0"));
    const Ended help = run("--help");
    EXPECT_EQ(help.code, 0);
    for (const std::string name : {"train", "create", "eval", "inspect", "report"}) {
        EXPECT_NE(help.output.find("\n  " + name + " "), std::string::npos) << name;
        EXPECT_EQ(run(name + " --help").code, 0) << name;
        EXPECT_NE(run(name + " --help").output.find("--json"), std::string::npos) << name;
    }
}

TEST_F(Program, WrongUse) {
    expect_error("", "A subcommand is required (see 'dsq --help')");
    expect_error("trian", "unknown subcommand 'trian'; the nearest is 'train' (see 'dsq --help')");
    expect_error("train", "RECIPE is required (see 'dsq train --help')");
    expect_error("eval x", "--data is required (see 'dsq eval --help')");
    expect_error("inspect x --jsn", "The following argument was not expected: --jsn (see 'dsq inspect --help')");
    expect_error("train a b", "The following argument was not expected: b (see 'dsq train --help')");
    EXPECT_EQ(run("eval x --data y --batch-size 0").code, 1);
}

TEST_F(Program, WrongFiles) {
    const std::string none = folder.path("none");
    expect_error("train " + none, none + ": expected a recipe, found: No such file or directory");
    expect_error("report " + none,
                 none + "/metrics.jsonl: expected the metrics of a run, found: No such file or directory");
    expect_error("eval x --data " + none,
                 none + ": expected a folder that can be read, found: No such file or directory");
    const std::string text = folder.write("text", "not a model at all");
    EXPECT_EQ(run("inspect " + text).code, 1);
    EXPECT_TRUE(run("inspect " + text).errors.starts_with("dsq: " + text + ": "));
    expect_error(
        "inspect " + text + " --network resnet21",
        "network 'resnet21': expected resnet20, resnet32, resnet44, resnet56, resnet18, resnet34 or vgg_small");
}

TEST_F(Program, WrongRecipe) {
    const std::string recipe = DSQ_SOURCE_DIR "/recipes/resnet20_float.toml";
    expect_error("train " + recipe + " --set optimizer.lr=3",
                 "--set optimizer.lr=3: unknown key 'optimizer.lr'; the nearest is 'optimizer.learning_rate'");
    expect_error("train " + recipe + " --threads 1000", "count = 1000: expected 0 (one for each core) to 256");
    const std::string mistyped = folder.write("mistyped.toml", "epochs = 2\nbatchsize = 3\n");
    expect_error("train " + mistyped, mistyped + ":2: unknown key 'batchsize'; the nearest is 'batch_size'");
}

TEST_F(Program, ChecksARecipeWithoutARun) {
    const Ended ended =
        run("train " DSQ_SOURCE_DIR "/recipes/resnet20_2bit_dsq.toml --dry-run --set epochs=7 --set seed=9");
    EXPECT_EQ(ended.code, 0) << ended.errors;
    const auto json = nlohmann::json::parse(ended.output);
    EXPECT_EQ(json["epochs"], 7);
    EXPECT_EQ(json["seed"], 9);
    EXPECT_EQ(json["quantization"]["weights"]["method"], "dsq");
}

TEST_F(Program, ListsTheKeysOfRecipes) {
    EXPECT_EQ(run("train --keys").output, recipe_reference());
}

TEST_F(Models, InspectsAStateDict) {
    const std::string path = zeros();
    const Ended ended = run("inspect " + path + " --network resnet20 --json");
    ASSERT_EQ(ended.code, 0) << ended.errors;
    const auto json = nlohmann::json::parse(ended.output);
    EXPECT_EQ(json["weights"], 268336);
    EXPECT_EQ(json["macs"], 40551040);
    EXPECT_EQ(json["layers"].size(), 20U);
    EXPECT_EQ(json["layers"][0]["layer"], "conv1");
    EXPECT_TRUE(json["layers"][0]["weight_quantizer"].is_null());
    EXPECT_EQ(run("inspect " + path).code, 1);  // it does not say what network it is
    EXPECT_NE(run("inspect " + path + " --network resnet20").output.find("40.55 M"), std::string::npos);
}

TEST_F(Models, InspectsTheGraphThatIsDeployed) {
    const std::string path = folder.path("tiny.safetensors");
    ASSERT_TRUE(write_model(path, tests::tiny_model("residual")).ok());
    const Ended ended = run("inspect " + path + " --graph --json");
    ASSERT_EQ(ended.code, 0) << ended.errors;
    const auto json = nlohmann::json::parse(ended.output);
    EXPECT_EQ(json["network"], "residual");
    const auto node = [&](const std::string &operation) {
        for (const auto &candidate : json["nodes"]) {
            if (candidate["operation"] == operation) return candidate;
        }
        return nlohmann::json();
    };
    const auto pixels = node("pixels"), strided = node("convolution 3x3 stride 2");
    EXPECT_EQ(pixels["writes"][0]["kind"], "codes");
    EXPECT_EQ(pixels["writes"][0]["range"].dump(), "[-128,127]");
    EXPECT_EQ(strided["weight_shape"], nlohmann::json({4, 2, 3, 3}));
    EXPECT_EQ(strided["weight_bits"], 2);
    EXPECT_EQ(strided["weight_range"].dump(), "[-2,1]");
    EXPECT_EQ(strided["weights"], 72);
    EXPECT_EQ(strided["bytes"], 18);
    EXPECT_EQ(strided["result"]["kind"], "thresholds");  // whose codes `two` reads, with 3 bits
    EXPECT_EQ(strided["result"]["levels"], 7);
    EXPECT_EQ(strided["writes"][0]["range"].dump(), "[-4,3]");
    EXPECT_EQ(node("shortcut 1x1 stride 2")["reads"][0]["kind"], "reals");
    EXPECT_EQ(node("linear")["weight_shape"].dump(), "[3,4]");
    double bytes = 0;
    for (const auto &each : json["nodes"]) bytes += each["bytes"].get<double>();
    EXPECT_EQ(json["bytes"], bytes);
    const std::string table = run("inspect " + path + " --graph").output;
    for (const char *text :
         {"residual: images of 2 x 3 x 4", "4x2x3x3", "7 thresholds x 4", "-4..3", "scale, shift, + "}) {
        EXPECT_NE(table.find(text), std::string::npos) << text << " is not in\n" << table;
    }
}

TEST_F(Models, InspectTellsWhyThereIsNoGraph) {
    const Ended ended = run("inspect " + zeros() + " --network resnet20 --graph");
    EXPECT_EQ(ended.code, 1);
    EXPECT_TRUE(ended.errors.starts_with("dsq: " + folder.path("zeros.safetensors") + ": ")) << ended.errors;
    EXPECT_NE(ended.errors.find("expected"), std::string::npos) << ended.errors;
    EXPECT_EQ(ended.output, "");
}

TEST_F(Program, CreatesTheModelThatARecipeStartsFrom) {
    const std::string recipe = folder.write("recipe.toml",
                                            "[data]\nset = \"cifar10\"\nfolder = \"none\"\n"
                                            "[quantization.weights]\nmethod = \"dsq\"\nbits = 3\n"
                                            "[quantization.activations]\nmethod = \"dsq\"\nbits = 3\n");
    const std::string model = folder.path("model.safetensors"), output = " -o " + model;
    const Ended created =
        run("create " + recipe + output + " --set quantization.weights.bits=2 --image 3x12x16 --classes 7 --json");
    ASSERT_EQ(created.code, 0) << created.errors;
    EXPECT_EQ(nlohmann::json::parse(created.output)["input"], nlohmann::json({3, 12, 16}));
    const auto json = nlohmann::json::parse(run("inspect " + model + " --json").output);
    EXPECT_EQ(json["network"], "resnet20");
    EXPECT_EQ(json["input"], nlohmann::json({3, 12, 16}));
    EXPECT_EQ(json["layers"].back()["output"], nlohmann::json({7, 1, 1}));
    EXPECT_EQ(json["layers"][1]["weight_quantizer"]["bits"], 2);
    EXPECT_GT(json["layers"][1]["input_quantizer"]["u"], 0.5);
    expect_error("create " + recipe + output + " --image 3x12",
                 "--image 3x12: expected channels x height x width, each from 1 to 9999, like 3x224x224");
    expect_error("create " + recipe + output + " --image 1x28x28",
                 "--image 1x28x28: expected as many channels as data set cifar10 has, 3");
    expect_error("create " + recipe, "--output is required (see 'dsq create --help')");
}

TEST_F(Program, ReportsARun) {
    folder.write(
        "metrics.jsonl",
        R"({"kind":"epoch","epoch":1,"train_loss":1,"train_accuracy":0.5,"test_loss":1,"test_accuracy":0.4321,)"
        R"("seconds":2,"learning_rate":0.1})"
        "\n");
    const std::string page = folder.path("page.html");
    const Ended ended = run("report " + folder.path() + " --json --output " + page);
    ASSERT_EQ(ended.code, 0) << ended.errors;
    const auto json = nlohmann::json::parse(ended.output);
    EXPECT_EQ(json["page"], page);
    EXPECT_EQ(json["test_accuracy"], 43.21);
    EXPECT_TRUE(file_text(page).starts_with("<!DOCTYPE html>"));
    EXPECT_EQ(run("report " + folder.path()).output, "Page: " + folder.path("report.html") + "\n");
    EXPECT_EQ(run("report " + folder.path() + " --output " + folder.path("none/page.html")).code, 1);
}

}  // namespace
}  // namespace dsq
