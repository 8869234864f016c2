#include "train/recipe.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/temporary_folder.h"
#include "train/recipe_keys.h"

namespace dsq {
namespace {

const std::string smallest = R"([data]
set = "cifar10"
folder = "build/data/cifar10"
)";

class RecipeTest : public testing::Test {
protected:
    Status read(const std::string &text, const std::vector<std::string> &overrides = {}) {
        return read_recipe(folder_.write("mine.toml", text), overrides, recipe);
    }
    /// The message after the path, and that nothing came out.
    std::string error(const std::string &text, const std::vector<std::string> &overrides = {}) {
        recipe = {};
        recipe.name = "before";
        const Status status = read(text, overrides);
        EXPECT_FALSE(status.ok()) << text;
        EXPECT_EQ(recipe.name, "before");
        const std::string path = folder_.path("mine.toml");
        const std::string &message = status.message();
        return message.starts_with(path) ? message.substr(path.size()) : message;
    }
    /// The same for one more line above the smallest recipe: its number is 1.
    std::string error_of_line(const std::string &line) {
        return error(line + "\n" + smallest);
    }

    Recipe recipe;

private:
    TemporaryFolder folder_;
};

TEST_F(RecipeTest, TheSmallestHasDefaults) {
    const Status status = read(smallest);
    ASSERT_TRUE(status.ok()) << status.message();
    EXPECT_EQ(recipe.name, "mine");
    EXPECT_EQ(recipe.run_folder, "runs/mine");
    EXPECT_EQ(recipe.data.mean, (std::vector{0.485F, 0.456F, 0.406F}));
    EXPECT_EQ(recipe.data.deviation, (std::vector{0.229F, 0.224F, 0.225F}));
    EXPECT_EQ(recipe.quantization.weights.method, "none");
    EXPECT_EQ(recipe.quantizer_optimizer.method, "adam");
    EXPECT_EQ(recipe.quantizer_optimizer.learning_rate, 5e-4F);
    EXPECT_EQ(recipe.quantizer_optimizer.weight_decay, 0.0F);
}

TEST_F(RecipeTest, ReadsEveryTypeOfKey) {
    const Status status = read(R"(name = "two bits"
seed = 18446744073709
epochs = 40
label_smoothing = 0.1
decay_batch_norm = false
[data]
set = "fashion-mnist"
folder = "f"
mean = [0.5]
[quantization]
progressive = [4, 3]
progressive_epochs = [5, 10]
[quantization.weights]
method = "dsq"
bits = 2
[[quantization.layers]]
layer = "layer1.0.conv1"
weight_bits = 4
[[quantization.layers]]
layer = "layer3.2.conv2"
activation_bits = 3
[optimizer]
learning_rate = 1  # an integer is a number too
nesterov = true
)");
    ASSERT_TRUE(status.ok()) << status.message();
    EXPECT_EQ(recipe.name, "two bits");
    EXPECT_EQ(recipe.seed, 18446744073709U);
    EXPECT_FALSE(recipe.decay_batch_norm);
    EXPECT_EQ(recipe.data.mean, std::vector{0.5F});
    EXPECT_EQ(recipe.data.deviation, std::vector{0.353F});
    EXPECT_EQ(recipe.quantization.progressive, (std::vector{4, 3}));
    EXPECT_EQ(recipe.quantization.weights.method, "dsq");
    EXPECT_EQ(recipe.optimizer.learning_rate, 1.0F);
    ASSERT_EQ(recipe.quantization.layers.size(), 2U);
    EXPECT_EQ(recipe.quantization.layers[0].layer, "layer1.0.conv1");
    EXPECT_EQ(recipe.quantization.layers[0].weight_bits, 4);
    EXPECT_EQ(recipe.quantization.layers[0].activation_bits, std::nullopt);
    EXPECT_EQ(recipe.quantization.layers[1].activation_bits, 3);
}

TEST_F(RecipeTest, UnknownKeysNameTheNearest) {
    EXPECT_EQ(error_of_line("epocs = 3"), ":1: unknown key 'epocs'; the nearest is 'epochs'");
    EXPECT_EQ(error_of_line("learning_rate = 0.1"),
              ":1: unknown key 'learning_rate'; the nearest is 'optimizer.learning_rate'");
    EXPECT_EQ(error(smallest + "[optimizer]\nmomentun = 0.9\n"),
              ":5: unknown key 'optimizer.momentun'; the nearest is 'optimizer.momentum'");
    EXPECT_EQ(error(smallest + "[optimizer]\nlr = 0.9\n"),
              ":5: unknown key 'optimizer.lr'; the nearest is 'optimizer.learning_rate'");
    EXPECT_EQ(error(smallest + "[optimiser]\nmethod = \"sgd\"\n"),
              ":4: unknown key 'optimiser'; the nearest is 'optimizer'");
    EXPECT_EQ(error(smallest + "[[quantization.layers]]\nlayer = \"a\"\nweight_bit = 2\n"),
              ":6: unknown key 'quantization.layers.weight_bit'; the nearest is 'quantization.layers.weight_bits'");
    EXPECT_EQ(error(smallest + "[quantization.weigths]\nbits = 2\n"),
              ":4: unknown key 'quantization.weigths'; the nearest is 'quantization.weights'");
}

TEST_F(RecipeTest, WrongValuesNameExpectedAndFound) {
    EXPECT_EQ(error_of_line("epochs = 0"), ":1: epochs: expected an integer, 1 to 100000, found 0");
    EXPECT_EQ(error_of_line("epochs = 1.5"), ":1: epochs: expected an integer, 1 to 100000, found 1.5");
    EXPECT_EQ(error_of_line("epochs = true"), ":1: epochs: expected an integer, 1 to 100000, found true");
    EXPECT_EQ(error_of_line("seed = -1"), ":1: seed: expected an integer, 0 or more, found -1");
    EXPECT_EQ(error_of_line("name = 3"), ":1: name: expected a text, found 3");
    EXPECT_EQ(error_of_line("decay_batch_norm = 1"), ":1: decay_batch_norm: expected true or false, found 1");
    EXPECT_EQ(error_of_line("label_smoothing = nan"), ":1: label_smoothing: expected a number, 0 to 0.9999, found nan");
    EXPECT_EQ(error_of_line("optimizer = 3"), ":1: optimizer: expected a table, found 3");
    EXPECT_EQ(error(smallest + "mean = [0.1, \"a\"]"),
              ":4: data.mean: expected a list of numbers, -1 to 2, found [0.1, 'a']");
    EXPECT_EQ(error(smallest + "mean = 0.1"), ":4: data.mean: expected a list of numbers, -1 to 2, found 0.1");
    EXPECT_EQ(error(smallest + "[optimizer]\nmethod = \"sdg\"\n"),
              ":5: optimizer.method: expected sgd or adam, found 'sdg'");
    EXPECT_EQ(error(smallest + "[optimizer]\nlearning_rate = \"fast\"\n"),
              ":5: optimizer.learning_rate: expected a number, 0 to 100, found 'fast'");
    EXPECT_EQ(error(smallest + "[quantization]\nlayers = [1]\n"),
              ":5: quantization.layers: expected tables, [[quantization.layers]], found [1]");
    EXPECT_EQ(error(smallest + "[[quantization.layers]]\nweight_bits = 2\n"),
              ":4: quantization.layers.layer: expected a text, found none");
}

TEST_F(RecipeTest, KeysMustFitEachOther) {
    EXPECT_EQ(error("[data]\nset = \"cifar10\"\n"), ": data.folder: expected a text, found none");
    EXPECT_EQ(error(smallest + "deviation = [0.1]\n"),
              ":4: data.deviation: expected as many numbers as cifar10 has channels, 3, found 1");
    EXPECT_EQ(error(smallest + "[quantization.weights]\nmethod = \"dsq\"\n"),
              ": quantization.weights.bits: expected 1 to 8 for method dsq, found 32");
    EXPECT_EQ(error(smallest + "[quantization.activations]\nmethod = \"binary\"\nbits = 2\n"),
              ":6: quantization.activations.bits: expected 1 for method binary, found 2");
    EXPECT_EQ(
        error(smallest + "[quantization]\nprogressive = [4]\n"),
        ": quantization.progressive_epochs: expected as many numbers as quantization.progressive has, 1, found 0");
    EXPECT_EQ(error("epochs = 9\n" + smallest + "[quantization]\nprogressive = [4, 3]\nprogressive_epochs = [4, 5]\n"),
              ":7: quantization.progressive_epochs: expected a sum below epochs = 9, found 9");
    EXPECT_EQ(error(smallest + "[optimizer]\nschedule = \"step\"\n"),
              ": optimizer.milestones: expected at least one for schedule step, found none");
    EXPECT_EQ(error(smallest + "[quantizer_optimizer]\nwarmup_epochs = 1\n"),
              ":5: quantizer_optimizer.warmup_epochs: expected fewer than epochs = 1, found 1");
}

TEST_F(RecipeTest, OverridesAreReadAsTheFileIs) {
    const Status status = read(smallest,
                               {"epochs=7",
                                "quantization.weights.method=dsq",
                                "quantization.weights.bits=2",
                                "name=2",
                                "run_folder=\"a b\"",
                                "optimizer.schedule=step",
                                "optimizer.milestones=3,5",
                                "data.mean=[0, 0.5, 1]"});
    ASSERT_TRUE(status.ok()) << status.message();
    EXPECT_EQ(recipe.epochs, 7);
    EXPECT_EQ(recipe.quantization.weights.method, "dsq");
    EXPECT_EQ(recipe.name, "2");
    EXPECT_EQ(recipe.run_folder, "a b");
    EXPECT_EQ(recipe.optimizer.milestones, (std::vector{3, 5}));
    EXPECT_EQ(recipe.data.mean, (std::vector{0.0F, 0.5F, 1.0F}));
}

TEST_F(RecipeTest, OverridesAreCheckedAsTheFileIs) {
    EXPECT_EQ(error(smallest, {"epochs"}), "--set epochs: expected key=value");
    EXPECT_EQ(error(smallest, {"epoch=3"}), "--set epoch=3: unknown key 'epoch'; the nearest is 'epochs'");
    EXPECT_EQ(error(smallest, {"epochs=0"}), "--set epochs=0: epochs: expected an integer, 1 to 100000, found '0'");
    EXPECT_EQ(error(smallest, {"epochs=3\nseed=4"}),
              "--set epochs=3\nseed=4: epochs: expected an integer, 1 to 100000, found '3\nseed=4'");
    EXPECT_EQ(error(smallest, {"data.flip=yes"}),
              "--set data.flip=yes: data.flip: expected true or false, found 'yes'");
    EXPECT_EQ(error(smallest, {"quantization.layers=1"}),
              "--set quantization.layers=1: quantization.layers can only be given in the file, as "
              "[[quantization.layers]]");
    EXPECT_EQ(error(smallest, {"quantization.weights.bits=9", "quantization.weights.method=ste"}),
              "--set quantization.weights.bits=9: quantization.weights.bits: expected 1 to 8 for method ste, found 9");
}

TEST_F(RecipeTest, FilesThatAreNone) {
    EXPECT_EQ(error("epochs = = 3\n"),
              ":1: expected TOML, found: Error while parsing value: could not determine value type");
    EXPECT_EQ(read_recipe("/no/such.toml", {}, recipe).message(),
              "/no/such.toml: expected a recipe, found: No such file or directory");
    EXPECT_EQ(read_recipe("/tmp", {}, recipe).message(), "/tmp: expected a recipe, found: Is a directory");
}

TEST_F(RecipeTest, JsonHoldsEveryKey) {
    ASSERT_TRUE(read(smallest + "[[quantization.layers]]\nlayer = \"a\"\nweight_bits = 2\n").ok());
    const nlohmann::ordered_json json = to_json(recipe);
    for (const RecipeKey &key : recipe_keys(recipe)) {
        std::string pointer = "/" + key.path;
        std::replace(pointer.begin(), pointer.end(), '.', '/');
        EXPECT_TRUE(json.contains(nlohmann::ordered_json::json_pointer(pointer))) << key.path;
    }
    EXPECT_EQ(json["optimizer"]["learning_rate"].dump(), "0.1");
    EXPECT_EQ(json["quantization"]["layers"].dump(), R"([{"layer":"a","weight_bits":2}])");
}

TEST(RecipeDocumentation, IsWhatTheTableSays) {
    const std::string page = file_text(DSQ_SOURCE_DIR "/docs/recipes.md");
    EXPECT_NE(page.find(recipe_reference()), std::string::npos)
        << "docs/recipes.md: replace its tables by these (dsq train --keys prints them)\n"
        << recipe_reference();
}

TEST(Recipes, AllOfThemAreRead) {
    int count = 0;
    for (const auto &entry : std::filesystem::directory_iterator(DSQ_SOURCE_DIR "/recipes")) {
        Recipe recipe;
        const Status status = read_recipe(entry.path().string(), {}, recipe);
        EXPECT_TRUE(status.ok()) << status.message();
        ++count;
    }
    EXPECT_GE(count, 6);
}

}  // namespace
}  // namespace dsq
