// dsq tune: the fastest way and tile of each layer on a core, as a table that dsq compile reads.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>

#include "commit.h"
#include "compile/lower.h"
#include "compile/order_channels.h"
#include "compile_options.h"
#include "interrupt.h"
#include "model/replace_file.h"
#include "report/page.h"
#include "scratch_folder.h"
#include "tune/tune.h"

namespace dsq::cli {
namespace {

namespace fs = std::filesystem;

struct TuneCommand {
    ModelSource source;
    std::vector<std::string> layers;
    std::string target = "x86-64-linux";
    std::vector<std::string> cores;
    std::string runner, folder = "tuned";
    int budget = 0, threads = 0;
    bool json = false;
};

// What has a size that memory and 32 bits of a sum hold, and a window around each pixel.
Status check_layer(const LayerKey &key) {
    constexpr std::int64_t most_channels = 1 << 14, most_products = 1 << 16, most_weights = 1 << 26;
    const std::int64_t products = std::int64_t{key.in_channels} * key.kernel * key.kernel;
    const std::int64_t weights = std::min(products, most_products) * key.out_channels;
    const auto wrong = [](const std::string &what, const std::string &expected, std::int64_t found) {
        return Status{ErrorCode::invalid_argument,
                      what + ": expected " + expected + ", found " + std::to_string(found)};
    };
    if (key.weight_bits > 8) return wrong("bits of weights", "at most 8", key.weight_bits);
    if (key.input_bits > 8) return wrong("bits of activations", "at most 8", key.input_bits);
    if (key.kernel % 2 == 0) return wrong("kernel", "an odd extent", key.kernel);
    if (key.kernel > largest_kernel) return wrong("kernel", "at most " + std::to_string(largest_kernel), key.kernel);
    if (key.out_channels > most_channels)
        return wrong("channels", "at most " + std::to_string(most_channels), key.out_channels);
    if (products > most_products)
        return wrong("products of a sum", "at most " + std::to_string(most_products), products);
    return weights > most_weights ? wrong("weights", "at most " + std::to_string(most_weights), weights) : Status{};
}

// "64x64x3s1@56x56:2/2"
Status add_layer(const std::string &text, std::vector<TuningLayer> &layers) {
    LayerKey key;
    const std::size_t colon = text.find(':');
    Status status = read_layer_text(text.substr(0, colon), key);
    if (status.ok()) status = read_bits_text(colon == std::string::npos ? "" : text.substr(colon + 1), key);
    if (status.ok()) status = check_layer(key);
    if (!status.ok()) return {status.code(), "--layer '" + text + "': " + status.message()};
    layers.push_back(layer_of_shape(key));
    return {};
}

Status find_layers(const TuneCommand &command, std::vector<TuningLayer> &layers) {
    if (command.source.path.empty() == command.layers.empty()) {
        return {ErrorCode::invalid_argument,
                "expected a MODEL or --layer, found " + std::string(command.layers.empty() ? "neither" : "both")};
    }
    for (const std::string &text : command.layers) {
        if (Status status = add_layer(text, layers); !status.ok()) return status;
    }
    if (!command.layers.empty()) return {};
    Model model;
    IntegerGraph graph;
    if (Status status = open_model(command.source, {}, model); !status.ok()) return status;
    Status status = lower(model, graph);
    if (status.ok()) status = validate(graph);
    if (!status.ok()) return {status.code(), command.source.path + ": " + status.message()};
    order_channels(graph);
    layers = convolutions_of(graph);
    return {};
}

std::string choice_text(const WayChoice &choice) {
    return std::string(name(choice.way)) + " " + std::to_string(choice.tile.pixels) + "x" +
           std::to_string(choice.tile.channels);
}

std::string layer_name(const LayerKey &key) {
    return layer_text(key) + " " + std::to_string(key.weight_bits) + "/" + std::to_string(key.input_bits) + " " +
           key.epilogue + " (" + key.variant + ")";
}

void tell(const TuningProgress &progress) {
    static const bool terminal = isatty(STDERR_FILENO) != 0;
    const Trial &trial = *progress.last;
    const std::string cost = trial.costs.empty() ? "not possible" : std::to_string(std::lround(trial.costs.front()));
    std::fprintf(stderr,
                 "%s[%zu/%zu] %s  %s: %s, best so far %.0f%s",
                 terminal ? "\r\033[K" : "",
                 progress.done,
                 progress.all,
                 layer_name(trial.key).c_str(),
                 choice_text(trial.choice).c_str(),
                 cost.c_str(),
                 progress.best,
                 terminal && progress.done < progress.all ? "" : "\n");
}

std::string table_path(const TuneCommand &command, const std::string &core) {
    return (fs::path(command.folder) / (core + ".json")).string();
}

// The folder's tables are of the same unit: what is found goes into them.
Status check_tables(const TuneCommand &command, const TuningOptions &options) {
    for (const std::string &core : options.cores) {
        const std::string path = table_path(command, core);
        TunedTable table;
        if (!fs::exists(path)) continue;
        if (Status status = read_tuned_table(path, table); !status.ok()) return status;
        if (table.unit != unit_of(options)) {
            return {ErrorCode::invalid_argument,
                    path + ": expected a table in " + unit_of(options) + ", found one in " + table.unit +
                        "; --output names another folder"};
        }
    }
    return {};
}

// Where nothing could be measured: why.
Status check_trials(const std::vector<Trial> &trials) {
    const bool has_cost =
        std::any_of(trials.begin(), trials.end(), [](const Trial &trial) { return !trial.costs.empty(); });
    if (has_cost || trials.empty()) return {};
    return {ErrorCode::kernel_failed, "layer " + trials.front().layer + ": " + trials.front().error};
}

Status write_text(const std::string &path, const std::string &text) {
    const std::span<const std::byte> bytes = std::as_bytes(std::span(text));
    return replace_file(path, {&bytes, 1});
}

// Over what the folder has of other layers.
Status write_table(const TuneCommand &command, const TunedTable &found) {
    const std::string path = table_path(command, found.core);
    TunedTable table;
    if (fs::exists(path)) {
        if (Status status = read_tuned_table(path, table); !status.ok()) return status;
    }
    table.core = found.core;
    table.unit = found.unit;
    for (const TunedLayer &layer : found.layers) table.set(layer);
    return write_text(path, tuned_table_text(table));
}

std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.2f", value);
    return text;
}

// The gain of each layer, and all trials as dots.
Json page_data(const std::vector<Trial> &trials, const TunedTable &table) {
    Json labels = Json::array(), defaults = Json::array(), tuned = Json::array(), rows = Json::array();
    std::map<LayerKey, double> macs;
    for (const Trial &trial : trials) macs[trial.key] = trial.macs;
    for (const TunedLayer &layer : table.layers) {
        const TunedWay &best = layer.ways.front();
        const double of_layer = macs[layer.key];
        labels.push_back(layer_name(layer.key));
        defaults.push_back(std::stod(number(layer.default_cost > 0 ? of_layer / layer.default_cost : 0)));
        tuned.push_back(std::stod(number(of_layer / best.cost)));
        rows.push_back({layer_name(layer.key),
                        choice_text(best.choice),
                        number(of_layer / best.cost),
                        number(layer.default_cost / best.cost)});
    }
    std::map<std::string, Json> ways;
    for (const Trial &trial : trials) {
        if (trial.costs.empty()) continue;
        const auto layer = std::find_if(
            table.layers.begin(), table.layers.end(), [&](const TunedLayer &other) { return other.key == trial.key; });
        Json &dots = ways[std::string(name(trial.choice.way))];
        dots.push_back({{"x", layer - table.layers.begin() + 1},
                        {"y", std::stod(number(trial.macs / trial.costs.front()))},
                        {"text", choice_text(trial.choice) + ", " + layer_name(trial.key)}});
    }
    Json series = Json::array();
    for (const auto &[way, dots] : ways) series.push_back({{"label", way}, {"values", dots}});
    const std::string speed = table.unit == "cycles" ? "MAC/cycle" : "GMAC/s";
    return {{"name", "Tuning for " + table.core},
            {"tiles",
             Json::array({Json::array({"layers", std::to_string(table.layers.size())}),
                          Json::array({"trials", std::to_string(trials.size())})})},
            {"plots",
             {{{"title", "What tuning gained"},
               {"kind", "bars"},
               {"x", speed},
               {"y", ""},
               {"labels", labels},
               {"series", {{{"label", "default"}, {"values", defaults}}, {{"label", "tuned"}, {"values", tuned}}}}},
              {{"title", "All trials"}, {"kind", "points"}, {"x", "layer"}, {"y", speed}, {"series", series}}}},
            {"columns", {"layer", "best", speed, "gain"}},
            {"rows", rows}};
}

void print_result(const std::vector<Trial> &trials, const TunedTable &table, const std::string &path) {
    std::map<LayerKey, double> macs;
    for (const Trial &trial : trials) macs[trial.key] = trial.macs;
    std::printf(
        "%-64s %-20s %9s %6s\n", table.core.c_str(), "best", table.unit == "cycles" ? "MAC/cycle" : "GMAC/s", "gain");
    for (const TunedLayer &layer : table.layers) {
        std::printf("%-64s %-20s %9.2f %6.2f\n",
                    layer_name(layer.key).c_str(),
                    choice_text(layer.ways.front().choice).c_str(),
                    macs[layer.key] / layer.ways.front().cost,
                    layer.default_cost / layer.ways.front().cost);
    }
    std::printf("Table: %s\n", path.c_str());
}

// The core's number: its table, and the page.
Status write_results(const TuneCommand &command,
                     const std::vector<Trial> &trials,
                     const TuningOptions &options,
                     std::size_t core,
                     Json &summary) {
    const TunedTable table = table_of(trials, options, core);
    const std::string path = table_path(command, table.core);
    const std::string page = (fs::path(command.folder) / (table.core + ".html")).string();
    std::vector<Trial> of_core = trials;
    for (Trial &trial : of_core) {
        if (!trial.costs.empty()) trial.costs = {trial.costs[core]};
    }
    Status status = write_table(command, table);
    if (status.ok()) status = write_text(page, plots_page(page_data(of_core, table)));
    if (!status.ok()) return status;
    if (!command.json) print_result(trials, table, path);
    summary.push_back({{"core", table.core},
                       {"unit", table.unit},
                       {"table", path},
                       {"page", page},
                       {"layers", Json::parse(tuned_table_text(table)).at("layers")}});
    return {};
}

Status set_target(const TuneCommand &command, TuningOptions &options) {
    options.cores = command.cores;
    if (options.cores.empty()) options.cores.emplace_back();
    for (std::string &core : options.cores) {
        if (Status status = find_target(command.target, core, options.target); !status.ok()) return status;
    }
    if (unit_of(options) == "ns" && options.cores.size() > 1) {
        return {ErrorCode::invalid_argument,
                "--core: expected one where programs are timed, found " + std::to_string(options.cores.size())};
    }
    return {};
}

Status run_tune(const TuneCommand &command) {
    const ScratchFolder scratch;
    TuningOptions options{.runner = command.runner,
                          .budget = command.budget,
                          .threads = thread_count(command.threads),
                          .folder = scratch.path(),
                          .log = (fs::path(command.folder) / "trials.jsonl").string(),
                          .version = DSQ_COMMIT,
                          .progress = tell,
                          .stop = [] { return interrupted(); }};
    std::vector<TuningLayer> layers;
    std::vector<Trial> trials;
    Status status = set_target(command, options);
    if (status.ok()) status = find_layers(command, layers);
    if (!status.ok()) return status;
    std::error_code failure;
    fs::create_directories(command.folder, failure);
    if (failure) return {ErrorCode::invalid_file, command.folder + ": cannot be made: " + failure.message()};
    status = check_tables(command, options);
    if (!status.ok()) return status;
    stop_at_interrupt();
    status = tune(layers, options, trials);
    if (status.ok()) status = check_trials(trials);
    Json summary = Json::array();
    for (std::size_t core = 0; core < options.cores.size() && status.ok(); ++core) {
        status = write_results(command, trials, options, core, summary);
    }
    if (status.ok() && command.json) print_json({{"stopped", interrupted()}, {"tables", summary}});
    return status;
}

}  // namespace

void add_tune(CLI::App &app, Run &run) {
    const auto options = std::make_shared<TuneCommand>();
    CLI::App *command =
        add_command(app, run, "tune", "Find the fastest way and tile of each layer on a core", options, run_tune);
    command->add_option("MODEL", options->source.path, "its layers; or --layer");
    command->add_option(
        "--network", options->source.network, "MODEL is a PyTorch state dict of this network: resnet20");
    command->add_option(
        "--layer",
        options->layers,
        "a layer: 64x64x3s1@56x56:2/2 has 64 input and output channels, windows of 3x3, stride 1, images "
        "of 56x56, 2 bits of weights and of activations; may be repeated");
    command->add_option("--target", options->target, "as of dsq compile")->capture_default_str();
    command->add_option(
        "--core",
        options->cores,
        "what the table is for: cortex-a53, ...; default: the target's first. Several, where cycles are "
        "estimated: for what this machine does not run, without --runner");
    command->add_option(
        "--runner", options->runner, "time on a device: a command that runs a shell command there, 'ssh pi@host'");
    command->add_option("--budget", options->budget, "trials of each layer; 0: all that are worth trying")
        ->check(CLI::Range(0, 100000))
        ->capture_default_str();
    command->add_option("--threads", options->threads, "0: one for each core")
        ->check(CLI::Range(0, 256))
        ->capture_default_str();
    command
        ->add_option(
            "-o,--output",
            options->folder,
            "folder of the tables (CORE.json), pages (CORE.html) and of all trials (trials.jsonl), which a later "
            "run goes on from")
        ->capture_default_str();
    command->add_flag("--json", options->json, "print JSON");
}

}  // namespace dsq::cli
