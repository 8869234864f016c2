// dsq report: a page with the plots of a run.
#include <cstdio>
#include <filesystem>

#include "commands.h"
#include "model/replace_file.h"
#include "report/model_data.h"
#include "report/page.h"
#include "report/results.h"
#include "report/run_data.h"
#include "train/metrics.h"

namespace dsq::cli {
namespace {

namespace fs = std::filesystem;

struct ReportOptions {
    std::string run;
    std::string output;
    std::string results;
    bool json = false;
};

// Status with the name of the file that it is about.
Status about(const std::string &path, Status status) {
    if (status.ok() || status.message().starts_with(path)) return status;
    return {status.code(), path + ": " + status.message()};
}

Status read_run(const fs::path &run, Json &data, Json *results) {
    const std::string metrics = (run / "metrics.jsonl").string();
    std::vector<Json> lines;
    Status status = read_metrics(metrics, lines);
    if (status.ok()) status = about(metrics, run_data(lines, data));
    if (status.ok() && results != nullptr) status = about(metrics, run_results(lines, *results));
    const std::string path = (run / "model.safetensors").string();
    if (!status.ok() || !fs::exists(path)) return status;  // a run before its first epoch's end has no model
    Model model;
    status = read_model(path, model);
    return status.ok() ? add_model_data(model, data) : status;
}

Status write_text(const std::string &path, const std::string &text) {
    const std::span<const std::byte> bytes = std::as_bytes(std::span(text));
    return replace_file(path, {&bytes, 1});
}

Status run_report(const ReportOptions &options) {
    const std::string output =
        options.output.empty() ? (fs::path(options.run) / "report.html").string() : options.output;
    Json data, results;
    const bool keeps_results = !options.results.empty();
    Status status = read_run(options.run, data, keeps_results ? &results : nullptr);
    if (status.ok()) status = write_text(output, report_page(data));
    if (status.ok() && keeps_results) status = write_text(options.results, results.dump(1) + "\n");
    if (!status.ok()) return status;
    Json summary = {{"page", output}, {"name", data["name"]}};
    summary.update(data["summary"]);
    if (options.json) {
        print_json(summary);
    } else {
        std::printf("Page: %s\n", output.c_str());
    }
    return {};
}

}  // namespace

void add_report(CLI::App &app, Run &run) {
    const auto options = std::make_shared<ReportOptions>();
    CLI::App *command = add_command(app, run, "report", "Page with the plots of a run", options, run_report);
    command->add_option("RUN", options->run, "folder of a run: runs/resnet20_2bit_dsq")->required();
    command->add_option("--output", options->output, "the page (default: RUN/report.html)");
    command->add_option(
        "--results", options->results, "also write the result and its curve as JSON: docs/results/NAME.json");
    command->add_flag("--json", options->json, "print the page's path and the key figures as JSON");
}

}  // namespace dsq::cli
