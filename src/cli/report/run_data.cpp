#include "report/run_data.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "commands.h"
#include "progress.h"
#include "report/rounded.h"

namespace dsq::cli {
namespace {

constexpr std::size_t most_steps = 1000;     ///< points of a curve over steps
constexpr std::size_t most_snapshots = 250;  ///< points of a curve of a quantizer

using Lines = std::vector<const Json *>;

Json rounded_or_null(const Json &value) {
    return value.is_number() ? Json(rounded(value.get<double>())) : Json();
}

/// Every so many-th, and the last.
Lines thinned(const Lines &lines, std::size_t most) {
    const std::size_t stride = (lines.size() + most - 1) / most;
    Lines kept;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (i % stride == 0 || i + 1 == lines.size()) kept.push_back(lines[i]);
    }
    return kept;
}

/// The mean of `key` over lines [begin, end), without those that are null.
Json mean(const Lines &lines, std::size_t begin, std::size_t end, const char *key) {
    double sum = 0;
    int count = 0;
    for (std::size_t i = begin; i < end; ++i) {
        const Json &value = lines[i]->at(key);
        if (!value.is_number()) continue;
        sum += value.get<double>();
        ++count;
    }
    return count == 0 ? Json() : Json(rounded(sum / count));
}

class RunData {
public:
    explicit RunData(const std::vector<Json> &lines) {
        for (const Json &line : lines) by_kind_[line.at("kind").get<std::string>()].push_back(&line);
        for (const char *kind : {"step", "quantizers"}) {
            for (const Json *line : by_kind_[kind]) {
                const double steps = line->at("step").get<double>() / line->at("epoch").get<double>();
                steps_per_epoch_ = std::max(steps_per_epoch_, steps);
            }
        }
    }

    Json json() {
        Json data;
        const Lines &runs = by_kind_["run"];
        data["name"] = runs.empty() ? "run" : runs.front()->at("recipe").at("name").get<std::string>();
        data["summary"] = summary();
        data["facts"] = runs.empty() ? Json::array() : facts(*runs.back(), runs.size());
        data["epochs"] = epochs();
        data["steps"] = steps();
        data["quantizers"] = quantizers();
        return data;
    }

private:
    /// In epochs from the start.
    double position(const Json &line) const {
        return rounded(line.at("step").get<double>() / steps_per_epoch_);
    }

    Json summary() {
        const Lines &lines = by_kind_["epoch"];
        if (lines.empty()) return Json::object();
        const auto accuracy = [](const Json *line) { return line->value("test_accuracy", 0.0); };
        const Json *best = *std::max_element(
            lines.begin(), lines.end(), [&](const Json *a, const Json *b) { return accuracy(a) < accuracy(b); });
        double seconds = 0;
        for (const Json *line : lines) seconds += line->at("seconds").get<double>();
        const Lines &runs = by_kind_["run"];
        return {{"epochs", lines.back()->at("epoch")},
                {"planned_epochs", runs.empty() ? lines.back()->at("epoch") : runs.back()->at("recipe").at("epochs")},
                {"test_accuracy", percent(accuracy(lines.back()))},
                {"best_test_accuracy", percent(accuracy(best))},
                {"best_epoch", best->at("epoch")},
                {"train_accuracy", percent(lines.back()->at("train_accuracy").get<double>())},
                {"seconds", rounded(seconds)},
                {"duration", duration(seconds)}};
    }

    static std::string quantizer_text(const Json &quantizer) {
        const std::string method = quantizer.at("method").get<std::string>();
        if (method == "none") return "float";
        return method + ", " + quantizer.at("bits").dump() + " bits, bounds " +
               quantizer.at("bounds").get<std::string>();
    }
    static std::string optimizer_text(const Json &optimizer) {
        return optimizer.at("method").get<std::string>() + ", rate " + optimizer.at("learning_rate").dump() + ", " +
               optimizer.at("schedule").get<std::string>() + ", weight decay " + optimizer.at("weight_decay").dump();
    }
    static Json facts(const Json &run, std::size_t starts) {
        const Json &recipe = run.at("recipe");
        const Json &quantization = recipe.at("quantization");
        const std::string start = recipe.at("network").at("start").get<std::string>();
        const std::string commit = run.at("commit").get<std::string>();
        Json facts = Json::array();
        const auto add = [&](const char *what, const std::string &value) { facts.push_back({what, value}); };
        add("Network", recipe.at("network").at("name").get<std::string>());
        add("Start", start.empty() ? "random weights" : start);
        add("Data", recipe.at("data").at("set").get<std::string>());
        add("Weights", quantizer_text(quantization.at("weights")));
        add("Activations", quantizer_text(quantization.at("activations")));
        add("First and last layer", quantization.at("first_and_last").get<std::string>());
        add("Batch size", recipe.at("batch_size").dump());
        add("Optimizer", optimizer_text(recipe.at("optimizer")));
        add("Of quantizers", optimizer_text(recipe.at("quantizer_optimizer")));
        add("Seed", run.at("seed").dump());
        add("Machine", run.at("machine").get<std::string>());
        add("dsq", run.at("version").get<std::string>() + (commit.empty() ? "" : ", " + commit));
        if (starts > 1) add("Resumed", std::to_string(starts - 1) + (starts == 2 ? " time" : " times"));
        return facts;
    }

    Json epochs() {
        Json columns = Json::object();
        for (const char *key :
             {"epoch", "train_loss", "train_accuracy", "test_loss", "test_accuracy", "learning_rate", "seconds"}) {
            Json &column = columns[key] = Json::array();
            for (const Json *line : by_kind_["epoch"]) column.push_back(rounded_or_null(line->at(key)));
        }
        return columns;
    }

    /// Means over as many steps as a point stands for.
    Json steps() {
        const Lines &lines = by_kind_["step"];
        const std::size_t stride = std::max<std::size_t>(1, (lines.size() + most_steps - 1) / most_steps);
        Json columns = {{"position", Json::array()}};
        for (std::size_t i = 0; i < lines.size(); i += stride) {
            const std::size_t end = std::min(i + stride, lines.size());
            columns["position"].push_back(position(*lines[end - 1]));
            for (const char *key : {"loss", "learning_rate", "images_per_second"}) {
                columns[key].push_back(mean(lines, i, end, key));
            }
        }
        return columns;
    }

    Json quantizers() {
        const Lines lines = thinned(by_kind_["quantizers"], most_snapshots);
        std::vector<std::pair<std::string, Json>> series;  // by layer and operand, in the order of the network
        for (const Json *line : lines) {
            for (const Json &quantizer : line->at("quantizers")) add_point(series, position(*line), quantizer);
        }
        Json list = Json::array();
        for (auto &[name, one] : series) list.push_back(std::move(one));
        return list;
    }
    static void add_point(std::vector<std::pair<std::string, Json>> &series, double position, const Json &quantizer) {
        const std::string name =
            quantizer.at("layer").get<std::string>() + " " + quantizer.at("operand").get<std::string>();
        auto found = std::find_if(series.begin(), series.end(), [&](const auto &one) { return one.first == name; });
        if (found == series.end()) {
            series.emplace_back(name, Json{{"layer", quantizer.at("layer")}, {"operand", quantizer.at("operand")}});
            found = series.end() - 1;
        }
        found->second["position"].push_back(position);
        found->second["bits"] = quantizer.at("bits");
        for (const char *key : {"l", "u", "alpha"}) found->second[key].push_back(rounded_or_null(quantizer.at(key)));
    }

    std::map<std::string, Lines> by_kind_;
    double steps_per_epoch_ = 1;
};

}  // namespace

Status run_data(const std::vector<nlohmann::ordered_json> &lines, nlohmann::ordered_json &data) {
    try {
        data = RunData(lines).json();
        return {};
    } catch (const nlohmann::json::exception &error) {
        return {ErrorCode::invalid_file, std::string("a line of the metrics is not as dsq writes it: ") + error.what()};
    }
}

}  // namespace dsq::cli
