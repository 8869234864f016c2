#include "report/results.h"

#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "commands.h"
#include "report/rounded.h"

namespace dsq::cli {
namespace {

// A run has a line for each time that it was started or resumed: what they say, each thing once.
Json distinct(const std::vector<const Json *> &runs, const char *key) {
    std::set<Json> seen;
    Json values = Json::array();
    for (const Json *run : runs) {
        if (run->contains(key) && seen.insert(run->at(key)).second) values.push_back(run->at(key));
    }
    return values;
}

Json point(const Json &epoch) {
    return {{"epoch", epoch.at("epoch")},
            {"train_loss", rounded(epoch.at("train_loss").get<double>())},
            {"train_accuracy", percent(epoch.at("train_accuracy").get<double>())},
            {"test_loss", rounded(epoch.at("test_loss").get<double>())},
            {"test_accuracy", percent(epoch.at("test_accuracy").get<double>())},
            {"test_arithmetic", epoch.value("test_arithmetic", "float32")},
            {"seconds", rounded(epoch.at("seconds").get<double>())}};
}

}  // namespace

Status run_results(const std::vector<Json> &lines, Json &results) {
    std::vector<const Json *> runs;
    Json curve = Json::array();
    double best = 0;
    Json best_epoch;
    for (const Json &line : lines) {
        const std::string kind = line.value("kind", "");
        if (kind == "run") runs.push_back(&line);
        if (kind != "epoch") continue;
        curve.push_back(point(line));
        const double accuracy = curve.back().at("test_accuracy").get<double>();
        if (accuracy <= best) continue;
        best = accuracy;
        best_epoch = line.at("epoch");
    }
    if (runs.empty() || curve.empty()) {
        return {ErrorCode::invalid_file, "expected the lines of a run that finished an epoch, found none"};
    }
    const Json &recipe = runs.front()->at("recipe");
    const std::string name = recipe.at("name").get<std::string>();
    results = {{"name", name},
               {"command", runs.front()->value("command", "dsq train recipes/" + name + ".toml")},
               {"commits", distinct(runs, "commit")},
               {"machines", distinct(runs, "machine")},
               {"seed", recipe.at("seed")},
               {"epochs", curve.size()},
               {"final_test_accuracy", curve.back().at("test_accuracy")},
               {"best_test_accuracy", best},
               {"best_epoch", best_epoch},
               {"recipe", recipe},
               {"curve", curve}};
    return {};
}

}  // namespace dsq::cli
