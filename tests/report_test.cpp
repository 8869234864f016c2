#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <random>
#include <regex>

#include "dsq/bounds.h"
#include "model/built_in.h"
#include "model/model.h"
#include "model/parameters.h"
#include "report/model_data.h"
#include "report/page.h"
#include "report/run_data.h"
#include "tests/support/temporary_folder.h"
#include "train/metrics.h"

namespace dsq::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr int epochs = 12, steps_per_epoch = 100;

/// ResNet-20 with weights of 2 bits and activations of 2, all layers but the first and the last; made up, not trained.
Model example_model() {
    Model model;
    EXPECT_TRUE(built_in_network("resnet20", {3, 32, 32}, 10, model.network).ok());
    model.network.deviation.assign(3, 1.0F);
    int quantized = 0;
    for (Layer &layer : model.network.layers) {
        if (layer.operation != Operation::conv2d || layer.name == "conv1") continue;
        layer.weight_quantizer.method = layer.input_quantizer.method = Method::dsq;
        layer.weight_quantizer.alpha = 0.1F + 0.01F * static_cast<float>(quantized);
        layer.input_quantizer.alpha = 0.45F - 0.01F * static_cast<float>(quantized++);
    }
    std::vector<Shape> shapes;
    EXPECT_TRUE(infer_shapes(model.network, shapes).ok());
    std::mt19937 random(1);
    for (const ParameterTensor &parameter : parameter_tensors(model.network, shapes)) {
        Layer &layer = model.network.layers[static_cast<std::size_t>(parameter.layer)];
        std::vector<float> values(parameter.size());
        std::normal_distribution<float> normal(0.0F, 1.0F / std::sqrt(static_cast<float>(values.size()) / 20));
        for (float &value : values) value = normal(random);
        if (parameter.role == Role::weight && is_quantized(layer.weight_quantizer)) {
            Statistics statistics;
            EXPECT_TRUE(compute_statistics(values, statistics).ok());
            EXPECT_TRUE(initialize_bounds(layer.weight_quantizer, statistics).ok());
        }
        const Quantizer &quantizer =
            parameter.role == Role::weight_quantizer ? layer.weight_quantizer : layer.input_quantizer;
        if (parameter.role == Role::weight_quantizer || parameter.role == Role::input_quantizer) {
            values = {quantizer.lower, quantizer.upper, quantizer.alpha};
        }
        model.tensors[parameter.name] = make_tensor<float>(parameter.shape, values);
    }
    return model;
}

std::vector<QuantizerMetrics> example_quantizers(const Model &model, double share) {
    std::vector<QuantizerMetrics> quantizers;
    for (const Layer &layer : model.network.layers) {
        for (const Quantizer &quantizer : {layer.weight_quantizer, layer.input_quantizer}) {
            if (!is_quantized(quantizer)) continue;
            quantizers.push_back({layer.name,
                                  quantizer.operand,
                                  quantizer.bits,
                                  quantizer.lower * (1 + 0.3 * share),
                                  quantizer.upper * (1.5 - 0.5 * share),
                                  0.2 + (quantizer.alpha - 0.2) * share});
        }
    }
    return quantizers;
}

/// The metrics of a run that was resumed once.
std::vector<Json> example_lines(const Model &model) {
    Recipe recipe;
    recipe.epochs = 40;
    recipe.name = "example </script><b>";
    recipe.quantization.weights = {.method = "dsq", .bits = 2};
    recipe.quantization.activations = {.method = "dsq", .bits = 2};
    std::vector<Json> lines{run_line(recipe, 2), run_line(recipe, 2)};
    for (int epoch = 1; epoch <= epochs; ++epoch) {
        for (int step = 10; step <= steps_per_epoch; step += 10) {
            const int total = (epoch - 1) * steps_per_epoch + step;
            const double share = double(total) / (epochs * steps_per_epoch);
            const double loss = 0.4 + 1.6 * std::exp(-6 * share) + 0.05 * std::sin(total);
            lines.push_back(step_line({epoch, total, loss, 0.04 * (1 - share), 700 + 40 * std::cos(total)}));
            if (step % 50 == 0) lines.push_back(quantizers_line(epoch, total, example_quantizers(model, share)));
        }
        const double share = double(epoch) / epochs;
        lines.push_back(epoch_line({.epoch = epoch,
                                    .epochs = epochs,
                                    .train_loss = 0.4 + 1.6 * std::exp(-6 * share),
                                    .train_accuracy = 0.9 - 0.5 * std::exp(-5 * share),
                                    .test_loss = 0.5 + 1.6 * std::exp(-6 * share),
                                    .test_accuracy = epoch == 11 ? 0.8912 : 0.88 - 0.5 * std::exp(-5 * share),
                                    .seconds = 70,
                                    .learning_rate = 0.04 * (1 - share)}));
    }
    return lines;
}

class ReportData : public testing::Test {
protected:
    void SetUp() override {
        const Status status = run_data(example_lines(model), data);
        ASSERT_TRUE(status.ok()) << status.message();
    }
    const Model model = example_model();
    Json data;
};

TEST_F(ReportData, SummarizesTheRun) {
    EXPECT_EQ(data["summary"]["epochs"], epochs);
    EXPECT_EQ(data["summary"]["planned_epochs"], 40);
    EXPECT_EQ(data["summary"]["best_epoch"], 11);
    EXPECT_EQ(data["summary"]["best_test_accuracy"], 89.12);
    EXPECT_EQ(data["summary"]["duration"], "14:00");
    EXPECT_EQ(data["facts"].back().dump(), R"(["Resumed","1 time"])");
    EXPECT_EQ(data["epochs"]["test_loss"].size(), 12U);
    EXPECT_EQ(data["steps"]["position"].size(), 120U);
    EXPECT_EQ(data["steps"]["position"].back(), 12.0);
}

TEST_F(ReportData, HasACurveForEachQuantizer) {
    ASSERT_EQ(data["quantizers"].size(), 36U);
    const Json &first = data["quantizers"].front();
    EXPECT_EQ(first["layer"], "layer1.0.conv1");
    EXPECT_EQ(first["operand"], "weights");
    EXPECT_EQ(first["alpha"].size(), 24U);
    EXPECT_EQ(first["position"].front(), 0.5);
    EXPECT_NEAR(first["alpha"].back().get<double>(), 0.1, 1e-4);
}

TEST_F(ReportData, ShowsTheModel) {
    ASSERT_TRUE(add_model_data(model, data).ok());
    ASSERT_EQ(data["histograms"].size(), 20U);
    EXPECT_FALSE(data["histograms"][0].contains("values"));  // float
    const Json &quantized = data["histograms"][1];
    EXPECT_EQ(quantized["values"].size(), 4U);
    double shares = 0, value_shares = 0;
    for (const Json &share : quantized["shares"]) shares += share.get<double>();
    for (const Json &share : quantized["value_shares"]) value_shares += share.get<double>();
    EXPECT_NEAR(shares, 1, 1e-4);
    EXPECT_NEAR(value_shares, 1, 1e-4);

    ASSERT_EQ(data["soft"].size(), 6U);
    EXPECT_EQ(data["soft"][0]["alpha"], 0.1);  // smallest, middle, largest
    EXPECT_EQ(data["soft"][2]["alpha"], 0.27);
    EXPECT_EQ(data["soft"][5]["alpha"], 0.45);
}

TEST_F(ReportData, ThePageHoldsAllAndLoadsNothing) {
    ASSERT_TRUE(add_model_data(model, data).ok());
    const std::string page = report_page(data);
    const std::string begin = R"(<script id="data" type="application/json">)";
    const std::size_t first = page.find(begin) + begin.size();
    EXPECT_EQ(Json::parse(page.substr(first, page.find("</script>", first) - first)), data);
    EXPECT_NE(page.find("<title>dsq: example &lt;/script>&lt;b></title>"), std::string::npos);
    EXPECT_EQ(page.find("{{"), std::string::npos);
    EXPECT_FALSE(std::regex_search(
        page, std::regex(R"(<(script|img|iframe)[^>]*\ssrc=|<link[^>]*href="(?!data:)|@import|url\()")));
}

TEST_F(ReportData, LongRunsAreThinnedOut) {
    std::vector<Json> lines;
    for (int step = 1; step <= 12345; ++step) {
        lines.push_back(step_line({1 + step / 400, step, double(step % 2), 0.1, 100}));
        if (step % 10 == 0) lines.push_back(quantizers_line(1 + step / 400, step, example_quantizers(model, 0.5)));
    }
    ASSERT_TRUE(run_data(lines, data).ok());
    EXPECT_LE(data["steps"]["loss"].size(), 1000U);
    EXPECT_NEAR(data["steps"]["loss"][3].get<double>(), 0.5, 0.05);
    EXPECT_LE(data["quantizers"][0]["alpha"].size(), 251U);
    EXPECT_TRUE(data["summary"].empty());
}

TEST_F(ReportData, ALossThatIsNoNumberIsLeftOut) {
    ASSERT_TRUE(run_data({Json::parse(step_line({1, 1, std::nan(""), 0.1, 100}).dump())}, data).ok());
    EXPECT_TRUE(data["steps"]["loss"][0].is_null());
}

TEST_F(ReportData, ForeignLinesAreRefused) {
    const Json before = data;
    EXPECT_EQ(run_data({{{"kind", "step"}, {"epoch", 1}}}, data).code(), ErrorCode::invalid_file);
    EXPECT_EQ(run_data({{{"kind", "epoch"}, {"epoch", "one"}}}, data).code(), ErrorCode::invalid_file);
    EXPECT_EQ(data, before);
}

/// A run to look at: DSQ_EXAMPLE_RUN=FOLDER build/host/tests/report_test, then `dsq report FOLDER`.
TEST_F(ReportData, ExampleRunIsWritten) {
    const TemporaryFolder temporary;
    const char *wanted = std::getenv("DSQ_EXAMPLE_RUN");
    const std::string folder = wanted == nullptr ? temporary.path() : wanted;
    MetricsFile metrics;
    ASSERT_TRUE(metrics.open(folder + "/metrics.jsonl", 0).ok());
    for (const Json &line : example_lines(model)) ASSERT_TRUE(metrics.write(line).ok());
    const Status status = write_model(folder + "/model.safetensors", model);
    ASSERT_TRUE(status.ok()) << status.message();
    Model read;
    EXPECT_TRUE(read_model(folder + "/model.safetensors", read).ok());
}

}  // namespace
}  // namespace dsq::cli
