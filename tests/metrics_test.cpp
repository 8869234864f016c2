#include "train/metrics.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "tests/support/temporary_folder.h"

namespace dsq {
namespace {

class Metrics : public testing::Test {
protected:
    std::string text() const {
        return file_text(path);
    }
    void write(int value) {
        ASSERT_TRUE(file.write({{"kind", "test"}, {"value", value}}).ok());
    }

    TemporaryFolder folder;
    const std::string path = folder.path("metrics.jsonl");
    MetricsFile file;
};

TEST_F(Metrics, WritesALineForEachObject) {
    ASSERT_TRUE(file.open(path, 0).ok());
    write(1);
    EXPECT_EQ(text(), "{\"kind\":\"test\",\"value\":1}\n");
    EXPECT_EQ(file.position(), text().size());
    write(2);
    ASSERT_TRUE(file.sync().ok());
    EXPECT_EQ(file.position(), text().size());
}

TEST_F(Metrics, ANewRunBeginsAnEmptyFile) {
    folder.write("metrics.jsonl", "old\n");
    ASSERT_TRUE(file.open(path, 0).ok());
    EXPECT_EQ(text(), "");
}

TEST_F(Metrics, AResumedRunGoesOnAtTheCheckpoint) {
    ASSERT_TRUE(file.open(path, 0).ok());
    write(1);
    const std::uint64_t checkpoint = file.position();
    write(2);
    write(3);
    ASSERT_TRUE(file.open(path, checkpoint).ok());
    write(4);
    EXPECT_EQ(text(), "{\"kind\":\"test\",\"value\":1}\n{\"kind\":\"test\",\"value\":4}\n");
    EXPECT_EQ(file.position(), text().size());
}

TEST_F(Metrics, RefusesAPositionThatIsNotThere) {
    folder.write("metrics.jsonl", "{}\n{}\n");
    for (const std::uint64_t position : {1U, 7U}) {
        EXPECT_EQ(file.open(path, position).message(),
                  path + ": expected whole lines up to byte " + std::to_string(position) +
                      ", where the checkpoint was written, found another file");
    }
    EXPECT_EQ(text(), "{}\n{}\n");
    EXPECT_EQ(file.write({}).code(), ErrorCode::invalid_argument);
}

TEST_F(Metrics, ErrorsAreValues) {
    EXPECT_EQ(
        file.open(folder.path("none/metrics.jsonl"), 0).message(),
        folder.path("none/metrics.jsonl") + ": expected a file that can be written, found: No such file or directory");
    EXPECT_EQ(file.sync().code(), ErrorCode::invalid_argument);
    ASSERT_TRUE(file.open("/dev/null", 0).code() == ErrorCode::invalid_file);  // cannot be cut
}

TEST_F(Metrics, LinesHoldWhatTheHeaderPromises) {
    Recipe recipe;
    recipe.name = "mine";
    const auto run = run_line(recipe, 2);
    EXPECT_EQ(run["recipe"]["name"], "mine");
    EXPECT_EQ(run["threads"], 2);
    EXPECT_EQ(run["version"], "0.1.0");
    EXPECT_TRUE(run.contains("commit") && run.contains("seed") && run.contains("machine"));

    EXPECT_EQ(step_line({.epoch = 1, .step = 20, .loss = 2.5, .learning_rate = 0.5, .images_per_second = 100}).dump(),
              R"({"kind":"step","epoch":1,"step":20,"loss":2.5,"learning_rate":0.5,"images_per_second":100.0})");
    EXPECT_EQ(
        epoch_line({.epoch = 1,
                    .epochs = 2,
                    .train_loss = 1,
                    .train_accuracy = 0.5,
                    .test_loss = std::numeric_limits<double>::quiet_NaN(),
                    .test_accuracy = 0.25,
                    .test_of_integers = true,
                    .seconds = 3,
                    .learning_rate = 0.5})
            .dump(),
        R"({"kind":"epoch","epoch":1,"train_loss":1.0,"train_accuracy":0.5,"test_loss":null,"test_accuracy":0.25,)"
        R"("test_arithmetic":"integers","seconds":3.0,"learning_rate":0.5})");
    const QuantizerMetrics quantizer{"conv", Operand::activations, 2, -0.5, 1.5, 0.25};
    EXPECT_EQ(quantizers_line(1, 20, {&quantizer, 1}).dump(),
              R"({"kind":"quantizers","epoch":1,"step":20,"quantizers":[{"layer":"conv","operand":"activations",)"
              R"("bits":2,"l":-0.5,"u":1.5,"alpha":0.25}]})");
}

TEST_F(Metrics, ReadsWholeLinesOnly) {
    std::vector<nlohmann::ordered_json> lines;
    folder.write("metrics.jsonl", "{\"kind\":\"a\"}\n{\"kind\":\"b\"}\n{\"kind\":");
    ASSERT_TRUE(read_metrics(path, lines).ok());
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_EQ(lines[1]["kind"], "b");

    folder.write("metrics.jsonl", "{\"kind\":\"a\"}\nnonsense\n");
    EXPECT_EQ(read_metrics(path, lines).message(), path + ":2: expected a JSON object with a kind");
    EXPECT_EQ(read_metrics("/no/such", lines).message(),
              "/no/such: expected the metrics of a run, found: No such file or directory");
    EXPECT_EQ(lines.size(), 2U);
}

}  // namespace
}  // namespace dsq
