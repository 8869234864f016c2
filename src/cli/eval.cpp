// dsq eval: the accuracy of a model on the test images of a data set: as it is deployed, where it can be.
#include <cstdio>

#include "commands.h"
#include "data/data_set.h"
#include "dsq/threads.h"
#include "open_model.h"
#include "train/evaluate.h"
#ifdef DSQ_WITH_COMPILER
#include "evaluate_library.h"
#endif

namespace dsq::cli {
namespace {

struct EvalOptions {
    ModelSource source;
    std::string data;
    std::string target;  // empty: here, without a library
    bool simulate = false;
    bool train_split = false;
    int batch_size = 250;
    int threads = 0;
    bool json = false;
};

void print(const EvalOptions &options, const Model &model, const DataSet &data, const Evaluation &evaluation) {
    const double rate = evaluation.images / evaluation.seconds;
    const char *arithmetic = evaluation.of_integers ? "integers" : "float32";
    if (options.json) {
        print_json({{"model", options.source.path},
                    {"network", model.network.name},
                    {"data", data.name},
                    {"split", options.train_split ? "train" : "test"},
                    {"images", evaluation.images},
                    {"accuracy", percent(evaluation.accuracy())},
                    {"loss", evaluation.loss},
                    {"arithmetic", arithmetic},
                    {"seconds", evaluation.seconds},
                    {"images_per_second", rate}});
        return;
    }
    const std::string loss = options.target.empty() ? ", loss " + std::to_string(evaluation.loss) : "";
    std::printf("%s on %d %s images of %s: accuracy %.2f %%%s, in %s (%.1f s, %.0f images/s)\n",
                model.network.name.c_str(),
                evaluation.images,
                options.train_split ? "training" : "test",
                data.name.c_str(),
                percent(evaluation.accuracy()),
                loss.c_str(),
                arithmetic,
                evaluation.seconds,
                rate);
}

Status evaluate_as(const EvalOptions &options, const Model &model, const DataSet &data, Evaluation &evaluation) {
#ifdef DSQ_WITH_COMPILER
    if (!options.target.empty()) return evaluate_library(model, options.target, data, options.threads, evaluation);
#endif
    if (options.simulate) return simulate(model, data, options.batch_size, evaluation);
    return evaluate(model, data, options.batch_size, evaluation);
}

Status run_eval(const EvalOptions &options) {
    DataSet data;
    Model model;
    Evaluation evaluation;
    Status status = set_thread_count(options.threads);
    if (status.ok()) status = open_data_set(options.data, options.train_split ? Split::train : Split::test, data);
    const ImageKind images{data.name, {data.channels, data.width, data.height}, data.classes};
    if (status.ok()) status = open_model(options.source, images, model);
    if (status.ok()) status = evaluate_as(options, model, data, evaluation);
    if (status.ok()) print(options, model, data, evaluation);
    return status;
}

}  // namespace

void add_eval(CLI::App &app, Run &run) {
    const auto options = std::make_shared<EvalOptions>();
    CLI::App *command =
        add_command(app, run, "eval", "Accuracy of a model on test images, as deployed", options, run_eval);
    command->add_option("MODEL", options->source.path, "model of dsq, or a PyTorch state dict with --network")
        ->required();
    command->add_option("--data", options->data, "folder of CIFAR-10 (binary) or of IDX files (Fashion-MNIST)")
        ->required();
    command->add_option(
        "--network", options->source.network, "MODEL is a PyTorch state dict of this network: resnet20");
    command->add_flag(
        "--simulate", options->simulate, "in float32, as the steps of training compute: not by the graph of integers");
#ifdef DSQ_WITH_COMPILER
    command->add_option("--target", options->target, "by the library for this target: x86-64-linux, ...")
        ->excludes("--simulate");
#endif
    command->add_flag("--train-split", options->train_split, "the training images instead");
    command->add_option("--batch-size", options->batch_size, "images at once, in float32")
        ->check(CLI::Range(1, 65536))
        ->capture_default_str();
    command->add_option("--threads", options->threads, "0: one for each core")->capture_default_str();
    command->add_flag("--json", options->json, "print JSON");
}

}  // namespace dsq::cli
