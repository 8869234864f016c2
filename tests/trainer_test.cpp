#include "train/trainer.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "compile/lower.h"
#include "dsq/threads.h"
#include "model/integer_interpreter.h"
#include "model/model.h"
#include "tests/support/small_fashion_mnist.h"
#include "tests/support/temporary_folder.h"
#include "train/checkpoint.h"
#include "train/evaluate.h"

namespace dsq::tests {
namespace {

// Runs in a folder of its own, on 96 images of Fashion-MNIST.
class Trainer : public testing::Test {
protected:
    TemporaryFolder folder;

    void SetUp() override {
        make_small_fashion_mnist(folder.path("data"), 96);
    }

    Recipe recipe(const std::string &run) const {
        Recipe recipe;
        recipe.name = "test";
        recipe.epochs = 2;
        recipe.batch_size = 16;
        recipe.label_smoothing = 0.1F;
        recipe.data.set = "fashion-mnist";
        recipe.data.folder = folder.path("data");
        recipe.data.mean = {0.286F};
        recipe.data.deviation = {0.353F};
        recipe.quantization.weights.method = recipe.quantization.activations.method = "dsq";
        recipe.quantization.weights.bits = recipe.quantization.activations.bits = 2;
        recipe.run_folder = folder.path(run);
        return recipe;
    }

    // Trains until `steps` more are done, or to the end.
    static void run(const Recipe &recipe, bool resume, int steps, bool &finished) {
        TrainEvents events;
        events.stop = [&steps] { return --steps == 0; };
        TrainResult result;
        const Status status = train(recipe, resume, 0, events, result);
        ASSERT_TRUE(status.ok()) << status.message();
        finished = !result.stopped;
    }

    static EpochSummary run_to_end(const Recipe &recipe) {
        TrainResult result;
        const Status status = train(recipe, false, 0, {}, result);
        EXPECT_TRUE(status.ok()) << status.message();
        EXPECT_FALSE(result.stopped);
        return result.last;
    }

    Model model(const std::string &run) const {
        Model model;
        const Status status = read_model(folder.path(run + "/model.safetensors"), model);
        EXPECT_TRUE(status.ok()) << status.message();
        return model;
    }
};

TEST_F(Trainer, GoesOnBitForBitWhereverItWasStopped) {
    run_to_end(recipe("whole"));
    const Recipe stopped = recipe("stopped");
    bool finished = false;
    run(stopped, false, 1, finished);
    for (const int steps : {3, 2, 1, 4}) run(stopped, true, steps, finished);
    EXPECT_FALSE(finished);
    run(stopped, true, 0, finished);
    EXPECT_TRUE(finished);
    EXPECT_EQ(model("stopped").tensors, model("whole").tensors);
}

TEST_F(Trainer, HasTheSameBitsForAnyNumberOfThreads) {
    std::vector<EpochSummary> last;
    for (const int threads : {1, 3}) {
        ASSERT_TRUE(set_thread_count(threads).ok());
        last.push_back(run_to_end(recipe(std::to_string(threads))));
    }
    ASSERT_TRUE(set_thread_count(0).ok());
    EXPECT_EQ(last[0].test_accuracy, last[1].test_accuracy);
    EXPECT_EQ(last[0].test_loss, last[1].test_loss);
    EXPECT_EQ(model("1").tensors, model("3").tensors);
}

// Of how many images the graph that is deployed finds the class.
int correct_as_deployed(const Model &model, const DataSet &images) {
    IntegerGraph graph;
    std::vector<float> logits;
    Status status = lower(model, graph);
    if (status.ok()) status = interpret_logits(graph, images.pixels, images.count, logits);
    EXPECT_TRUE(status.ok()) << status.message();
    int correct = 0;
    for (int n = 0; n < images.count; ++n) {
        const auto first = logits.begin() + 10 * n;
        correct += std::max_element(first, first + 10) - first == images.labels[std::size_t(n)] ? 1 : 0;
    }
    return correct;
}

TEST_F(Trainer, ReportsTheAccuracyOfWhatIsDeployed) {
    const EpochSummary last = run_to_end(recipe("deployed"));
    DataSet images;
    ASSERT_TRUE(open_data_set(folder.path("data"), Split::test, images).ok());
    EXPECT_TRUE(last.test_of_integers);
    EXPECT_EQ(last.test_accuracy, double(correct_as_deployed(model("deployed"), images)) / images.count);
    Evaluation evaluation;
    const Status status = evaluate(model("deployed"), images, 7, evaluation);
    ASSERT_TRUE(status.ok()) << status.message();
    EXPECT_EQ(evaluation.accuracy(), last.test_accuracy);
    EXPECT_EQ(evaluation.loss, last.test_loss);
}

TEST_F(Trainer, ReportsWhatTheStepsComputeOfANetworkWithoutAGraph) {
    Recipe floats = recipe("float");
    floats.quantization.weights.method = floats.quantization.activations.method = "none";
    const EpochSummary last = run_to_end(floats);
    DataSet images;
    ASSERT_TRUE(open_data_set(folder.path("data"), Split::test, images).ok());
    Evaluation simulated;
    const Status status = simulate(model("float"), images, floats.batch_size, simulated);
    ASSERT_TRUE(status.ok()) << status.message();
    EXPECT_FALSE(last.test_of_integers);
    EXPECT_FALSE(simulated.of_integers);
    EXPECT_EQ(simulated.accuracy(), last.test_accuracy);
    EXPECT_EQ(simulated.loss, last.test_loss);
}

TEST_F(Trainer, GoesThroughProgressiveBits) {
    Recipe progressive = recipe("progressive");
    progressive.epochs = 3;
    progressive.quantization.progressive = {4, 3};
    progressive.quantization.progressive_epochs = {1, 1};
    run_to_end(progressive);
    const Network network = model("progressive").network;
    for (const Layer &layer : network.layers) {
        if (layer.weight_quantizer.method == Method::none) continue;
        EXPECT_EQ(layer.weight_quantizer.bits, 2) << layer.name;
        EXPECT_EQ(layer.input_quantizer.bits, 2) << layer.name;
    }
}

TEST_F(Trainer, StopsAtALossThatIsNotFinite) {
    Recipe wild = recipe("wild");
    wild.optimizer.learning_rate = 1e30F;
    TrainResult result;
    const Status status = train(wild, false, 0, {}, result);
    EXPECT_EQ(status.code(), ErrorCode::non_finite);
    EXPECT_NE(status.message().find("the first tensor that is not: "), std::string::npos) << status.message();
    EXPECT_EQ(status.message().find("not: none"), std::string::npos) << status.message();
    Checkpoint checkpoint;
    const Status kept = read_checkpoint(folder.path("wild/checkpoint.safetensors"), checkpoint);
    EXPECT_TRUE(kept.ok()) << kept.message();
}

TEST_F(Trainer, RefusesAnotherRecipeOnResume) {
    Recipe changed = recipe("changed");
    bool finished = false;
    run(changed, false, 1, finished);
    changed.optimizer.learning_rate = 0.5F;
    TrainResult result;
    const Status status = train(changed, true, 0, {}, result);
    EXPECT_EQ(status.code(), ErrorCode::invalid_argument);
    EXPECT_NE(status.message().find("/optimizer/learning_rate: expected 0.1"), std::string::npos) << status.message();
}

TEST_F(Trainer, RefusesToOverwriteARun) {
    const Recipe once = recipe("once");
    bool finished = false;
    run(once, false, 1, finished);
    TrainResult result;
    const Status status = train(once, false, 0, {}, result);
    EXPECT_EQ(status.code(), ErrorCode::invalid_argument);
    EXPECT_NE(status.message().find("there is a run already"), std::string::npos) << status.message();
}

TEST_F(Trainer, NamesWhatARunWithoutCheckpointLacks) {
    TrainResult result;
    const Status status = train(recipe("none"), true, 0, {}, result);
    EXPECT_EQ(status.code(), ErrorCode::invalid_file);
    EXPECT_NE(status.message().find("checkpoint.safetensors"), std::string::npos) << status.message();
}

}  // namespace
}  // namespace dsq::tests
