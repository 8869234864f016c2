// dsq inspect: what a model is made of, layer by layer.
#include <cstdio>

#include "commands.h"
#include "compile/lower.h"
#include "integer_graph_table.h"
#include "layer_facts.h"
#include "open_model.h"

namespace dsq::cli {
namespace {

struct InspectOptions {
    ModelSource source;
    bool graph = false, json = false;
};

struct Totals {
    double macs = 0, weights = 0, bytes = 0;
};

Totals totals(const std::vector<LayerFacts> &layers) {
    Totals sum;
    for (const LayerFacts &layer : layers) {
        sum.macs += layer.macs;
        sum.weights += static_cast<double>(layer.weights.size());
        sum.bytes += layer.bytes;
    }
    return sum;
}

Json to_json(const std::optional<Quantizer> &quantizer) {
    if (!quantizer) return nullptr;
    return {{"method", std::string(name(quantizer->method))},
            {"bits", quantizer->bits},
            {"l", quantizer->lower},
            {"u", quantizer->upper},
            {"alpha", quantizer->alpha}};
}

Json to_json(const LayerFacts &layer) {
    Json json{{"layer", layer.name},
              {"operation", layer.operation},
              {"output", {layer.output.channels, layer.output.height, layer.output.width}},
              {"macs", layer.macs},
              {"weights", layer.weights.size()},
              {"bytes", layer.bytes},
              {"weight_quantizer", to_json(layer.weight_quantizer)},
              {"input_quantizer", to_json(layer.input_quantizer)}};
    if (layer.weight_quantizer) json["codes_used"] = layer.codes_used;
    return json;
}

Json to_json(const Network &network, const std::vector<LayerFacts> &layers) {
    const Totals sum = totals(layers);
    Json list = Json::array();
    for (const LayerFacts &layer : layers) list.push_back(to_json(layer));
    return {{"network", network.name},
            {"input", {network.input.channels, network.input.height, network.input.width}},
            {"mean", network.mean},
            {"deviation", network.deviation},
            {"macs", sum.macs},
            {"weights", sum.weights},
            {"bytes", sum.bytes},
            {"layers", list}};
}

void print_quantizer(const std::optional<Quantizer> &quantizer) {
    if (quantizer) {
        std::printf(" | %4d %8.4f %8.4f %6.4f", quantizer->bits, quantizer->lower, quantizer->upper, quantizer->alpha);
    } else {
        std::printf(" | %29s", "float");
    }
}

void print_table(const Network &network, const std::vector<LayerFacts> &layers) {
    const Totals sum = totals(layers);
    std::printf(
        "%s: images of %d x %d x %d, %.2f M multiplications each; %.0f weights, %.1f KiB packed (%.1f as float)\n\n",
        network.name.c_str(),
        network.input.channels,
        network.input.height,
        network.input.width,
        sum.macs / 1e6,
        sum.weights,
        sum.bytes / 1024,
        4 * sum.weights / 1024);
    std::printf("%-28s %-13s %8s %10s | %4s %8s %8s %6s %5s | %4s %8s %8s %6s\n",
                "",
                "output",
                "M MACs",
                "bytes",
                "bits",
                "l",
                "u",
                "alpha",
                "codes",
                "bits",
                "l",
                "u",
                "alpha");
    std::printf("%-28s %-13s %8s %10s | %35s | %29s\n", "layer", "c x h x w", "", "", "weights", "input");
    for (const LayerFacts &layer : layers) {
        const std::string shape = std::to_string(layer.output.channels) + " x " + std::to_string(layer.output.height) +
                                  " x " + std::to_string(layer.output.width);
        std::printf("%-28s %-13s %8.3f %10.0f", layer.name.c_str(), shape.c_str(), layer.macs / 1e6, layer.bytes);
        print_quantizer(layer.weight_quantizer);
        std::printf(" %5s", layer.weight_quantizer ? std::to_string(layer.codes_used).c_str() : "");
        print_quantizer(layer.input_quantizer);
        std::printf("\n");
    }
}

// What is deployed, before a target renumbers channels.
Status inspect_graph(const InspectOptions &options, const Model &model) {
    IntegerGraph graph;
    Status status = lower(model, graph);
    if (status.ok()) status = validate(graph);
    if (!status.ok()) return {status.code(), options.source.path + ": " + status.message()};
    if (options.json) {
        print_json(graph_json(graph));
    } else {
        print_graph_table(graph);
    }
    return {};
}

Status run_inspect(const InspectOptions &options) {
    Model model;
    std::vector<LayerFacts> layers;
    Status status = open_model(options.source, {}, model);
    if (status.ok() && options.graph) return inspect_graph(options, model);
    if (status.ok()) status = layer_facts(model, layers);
    if (!status.ok()) return status;
    if (options.json) {
        print_json(to_json(model.network, layers));
    } else {
        print_table(model.network, layers);
    }
    return {};
}

}  // namespace

void add_inspect(CLI::App &app, Run &run) {
    const auto options = std::make_shared<InspectOptions>();
    CLI::App *command =
        add_command(app, run, "inspect", "Layers, bits and quantizers of a model", options, run_inspect);
    command->add_option("MODEL", options->source.path, "model of dsq, or a PyTorch state dict with --network")
        ->required();
    command->add_option(
        "--network", options->source.network, "MODEL is a PyTorch state dict of this network for CIFAR-10: resnet20");
    command->add_flag("--graph", options->graph, "show the graph of integers that is deployed instead");
    command->add_flag("--json", options->json, "print JSON");
}

}  // namespace dsq::cli
