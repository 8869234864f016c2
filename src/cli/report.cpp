// dsq report: a page with the plots of a run.
#include <cstdio>
#include <filesystem>

#include "commands.h"
#include "model/replace_file.h"
#include "report/model_data.h"
#include "report/page.h"
#include "report/run_data.h"
#include "train/metrics.h"

namespace dsq::cli {
namespace {

namespace fs = std::filesystem;

struct ReportOptions {
    std::string run;
    std::string output;
    bool json = false;
};

Status read_run(const fs::path &run, Json &data) {
    const std::string metrics = (run / "metrics.jsonl").string();
    std::vector<Json> lines;
    Status status = read_metrics(metrics, lines);
    if (status.ok()) status = run_data(lines, data);
    if (!status.ok() && !status.message().starts_with(metrics)) {
        status = {status.code(), metrics + ": " + status.message()};
    }
    const std::string path = (run / "model.safetensors").string();
    if (!status.ok() || !fs::exists(path)) return status;  // a run before its first epoch's end has no model
    Model model;
    status = read_model(path, model);
    return status.ok() ? add_model_data(model, data) : status;
}

Status run_report(const ReportOptions &options) {
    const std::string output =
        options.output.empty() ? (fs::path(options.run) / "report.html").string() : options.output;
    Json data;
    Status status = read_run(options.run, data);
    if (!status.ok()) return status;
    const std::string page = report_page(data);
    const std::span<const std::byte> bytes = std::as_bytes(std::span(page));
    status = replace_file(output, {&bytes, 1});
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
    command->add_flag("--json", options->json, "print the page's path and the key figures as JSON");
}

}  // namespace dsq::cli
