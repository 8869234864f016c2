// dsq verify: compares a model's library with the interpreter of its graph of integers, tensor by tensor, and both with
// training's evaluation.
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <thread>

#include "compile/lower.h"
#include "compile/observe_library.h"
#include "compile_options.h"
#include "data/data_set.h"
#include "data/random.h"
#include "execute/executor.h"
#include "model/integer_interpreter.h"

namespace dsq::cli {
namespace {

constexpr std::size_t largest_images = std::size_t{1} << 30;  // bytes in all

struct VerifyCommand {
    CompileOptions compile;
    std::string data;
    int images = 16;
    std::string runner;
    bool json = false;
};

// Counts of one variant of the library.
struct Comparison {
    std::string variant;
    bool can_run = true;
    std::size_t codes = 0, codes_differing = 0;
    std::size_t reals = 0, reals_differing = 0;
    std::string first_difference;
};

// Of the interpreter with training's evaluation.
struct Agreement {
    std::size_t codes = 0, codes_differing = 0;
    int same_class = 0;
    int correct = 0, correct_trained = 0;  // where labels are known
};

struct Images {
    int count = 0;
    std::vector<std::uint8_t> pixels, labels;  // labels: empty where they are not known
};

// A folder that goes with what is in it.
class ScratchFolder {
public:
    ScratchFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "dsq_verify_XXXXXX").string();
        if (mkdtemp(name.data()) != nullptr) path_ = name;
    }
    ScratchFolder(const ScratchFolder &) = delete;
    ScratchFolder &operator=(const ScratchFolder &) = delete;
    ~ScratchFolder() {
        std::error_code ignored;
        if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
    }
    const std::string &path() const {
        return path_;
    }

private:
    std::string path_;
};

std::size_t image_size(const Shape &shape) {
    return std::size_t(shape.channels) * std::size_t(shape.width) * std::size_t(shape.height);
}

Status open_images(const VerifyCommand &command, const Network &network, Images &images) {
    const int batch = command.compile.batch;
    images.count = (command.images + batch - 1) / batch * batch;
    const std::size_t size = image_size(network.input), most = largest_images / size;
    if (std::size_t(images.count) > most) {
        return {ErrorCode::invalid_argument,
                "images: expected at most " + std::to_string(most) + " of " + std::to_string(size) + " bytes, found " +
                    std::to_string(images.count)};
    }
    if (command.data.empty()) {
        const Random random(1, 0, 0);
        images.pixels.resize(size * std::size_t(images.count));
        for (std::size_t i = 0; i < images.pixels.size(); ++i) {
            images.pixels[i] = static_cast<std::uint8_t>(random(i) >> 56);
        }
        return {};
    }
    DataSet data;
    Status status = open_data_set(command.data, Split::test, data);
    if (!status.ok()) return status;
    if (Shape{data.channels, data.width, data.height} != network.input || images.count > data.count) {
        return {
            ErrorCode::invalid_argument,
            command.data + ": expected at least " + std::to_string(images.count) + " images of the network's shape"};
    }
    images.pixels.assign(data.pixels.begin(),
                         data.pixels.begin() + static_cast<std::ptrdiff_t>(size * std::size_t(images.count)));
    images.labels.assign(data.labels.begin(), data.labels.begin() + images.count);
    return {};
}

int largest(std::span<const float> logits) {
    return static_cast<int>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

template <typename Element>
std::size_t differing(const std::vector<Element> &a, const std::vector<Element> &b) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < a.size(); ++i) count += a[i] == b[i] ? 0 : 1;
    return count;
}

void compare(const IntegerTensor &tensor,
             const TensorValues &expected,
             const TensorValues &found,
             int run,
             Comparison &comparison) {
    const std::size_t codes = differing(expected.codes, found.codes), reals = differing(expected.reals, found.reals);
    comparison.codes += expected.codes.size();
    comparison.reals += expected.reals.size();
    comparison.codes_differing += codes;
    comparison.reals_differing += reals;
    if (codes + reals > 0 && comparison.first_difference.empty()) {
        comparison.first_difference = "run " + std::to_string(run) + ", tensor " + tensor.name + ": " +
                                      std::to_string(codes + reals) + " of " +
                                      std::to_string(expected.codes.size() + expected.reals.size()) + " differ";
    }
}

std::vector<std::uint8_t> as_bytes(std::span<const std::uint8_t> pixels, bool as_floats) {
    if (!as_floats) return {pixels.begin(), pixels.end()};
    std::vector<float> floats;
    for (const std::uint8_t pixel : pixels) floats.push_back(static_cast<float>(pixel) / 255.0F);
    const auto *bytes = reinterpret_cast<const std::uint8_t *>(floats.data());
    return {bytes, bytes + floats.size() * sizeof(float)};
}

// One variant alone in a library of its own, so that each runs whatever this processor prefers.
Status verify_variant(const VerifyCommand &command,
                      const Model &model,
                      ProgramOptions program,
                      std::size_t variant,
                      const Images &images,
                      Comparison &comparison) {
    program.target.variants = {program.target.variants[variant]};
    comparison.variant = program.target.variants[0].name;
    const ScratchFolder folder;
    CompiledModel compiled;
    const int threads = thread_count(command.compile.threads);
    Status status = compile_model(model, program, folder.path(), threads, compiled);
    if (!status.ok()) return status;
    const Observation how{program.target.linker, program.target.runner, command.runner};
    const std::size_t run_pixels = images.pixels.size() / std::size_t(images.count) * std::size_t(program.batch);
    return observe_library(compiled,
                           0,
                           folder.path(),
                           how,
                           as_bytes(images.pixels, command.compile.float_input),
                           images.count / program.batch,
                           [&](int run, const std::vector<TensorValues> &tensors) {
                               IntegerTrace trace;
                               const auto pixels =
                                   std::span(images.pixels).subspan(std::size_t(run) * run_pixels, run_pixels);
                               const Status interpreted = interpret(compiled.graph, pixels, program.batch, trace);
                               for (std::size_t t = 0; t < tensors.size() && interpreted.ok(); ++t) {
                                   compare(compiled.graph.tensors[t], trace.tensors[t], tensors[t], run, comparison);
                               }
                               return interpreted;
                           });
}

// The codes that training's evaluation has at the input of a layer, against the interpreter's.
void compare_with_training(const IntegerGraph &graph,
                           const IntegerTrace &trace,
                           Executor &executor,
                           Agreement &agreement) {
    const Network &network = executor.parameters().network();
    for (std::size_t i = 1; i < network.layers.size(); ++i) {
        const TensorView<const float> values = executor.quantized_input(static_cast<int>(i));
        const auto tensor = std::find_if(graph.tensors.begin(), graph.tensors.end(), [&](const IntegerTensor &t) {
            return t.name == network.layers[i].name + ".input";
        });
        if (values.data == nullptr || tensor == graph.tensors.end()) continue;
        const CodeGrid grid = code_grid(executor.parameters().quantizer(static_cast<int>(i), Operand::activations));
        const std::vector<std::int8_t> &codes =
            trace.tensors[static_cast<std::size_t>(tensor - graph.tensors.begin())].codes;
        std::size_t at = 0;
        for (int y = 0; y < values.height; ++y) {
            const float *row = values.data + y * values.row_stride();
            for (int x = 0; x < values.width * values.channels; ++x) {
                const auto code = std::lround((double{row[x]} - grid.base()) / grid.scale());
                agreement.codes_differing += code == codes[at++] ? 0 : 1;
            }
        }
        agreement.codes += codes.size();
    }
}

Status compare_with_training(const Model &model,
                             const IntegerGraph &graph,
                             const Images &images,
                             Agreement &agreement) {
    Executor executor;
    if (Status status = executor.open(model, 1); !status.ok()) return status;
    const std::size_t size = image_size(model.network.input), channels = model.network.mean.size();
    std::vector<float> values(size);
    for (int n = 0; n < images.count; ++n) {
        const auto pixels = std::span(images.pixels).subspan(std::size_t(n) * size, size);
        for (std::size_t i = 0; i < size; ++i) {
            values[i] = (static_cast<float>(pixels[i]) / 255.0F - model.network.mean[i % channels]) /
                        model.network.deviation[i % channels];
        }
        IntegerTrace trace;
        Status status = executor.forward(values, 1, Mode::evaluate);
        if (status.ok()) status = interpret(graph, pixels, 1, trace);
        if (!status.ok()) return status;
        compare_with_training(graph, trace, executor, agreement);
        const int found = largest(trace.logits), trained = largest(executor.logits());
        agreement.same_class += found == trained ? 1 : 0;
        if (images.labels.empty()) continue;
        agreement.correct += found == images.labels[static_cast<std::size_t>(n)] ? 1 : 0;
        agreement.correct_trained += trained == images.labels[static_cast<std::size_t>(n)] ? 1 : 0;
    }
    return {};
}

double share(std::size_t part, std::size_t whole) {
    return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

void print_result(const std::vector<Comparison> &variants, const Agreement &agreement, const Images &images) {
    for (const Comparison &variant : variants) {
        if (!variant.can_run) {
            std::printf("%s: this processor lacks its instructions; left out\n", variant.variant.c_str());
            continue;
        }
        std::printf("%s: %zu codes and %zu reals compared with the interpreter's, %zu differ\n",
                    variant.variant.c_str(),
                    variant.codes,
                    variant.reals,
                    variant.codes_differing + variant.reals_differing);
        if (!variant.first_difference.empty()) std::printf("  first: %s\n", variant.first_difference.c_str());
    }
    std::printf("Training's evaluation: %d of %d images get the same class; %.4f %% of %zu codes differ\n",
                agreement.same_class,
                images.count,
                100 * share(agreement.codes_differing, agreement.codes),
                agreement.codes);
    if (images.labels.empty()) return;
    std::printf("Accuracy: %.2f %% deployed, %.2f %% trained\n",
                percent(double(agreement.correct) / images.count),
                percent(double(agreement.correct_trained) / images.count));
}

void print_result_json(const VerifyCommand &command,
                       const std::vector<Comparison> &variants,
                       const Agreement &agreement,
                       const Images &images) {
    Json list = Json::array();
    for (const Comparison &variant : variants) {
        list.push_back({{"variant", variant.variant},
                        {"ran", variant.can_run},
                        {"codes_compared", variant.codes},
                        {"codes_differing", variant.codes_differing},
                        {"reals_compared", variant.reals},
                        {"reals_differing", variant.reals_differing}});
    }
    Json json{{"target", command.compile.target},
              {"images", images.count},
              {"variants", list},
              {"same_class", agreement.same_class},
              {"training_codes_compared", agreement.codes},
              {"training_codes_differing", agreement.codes_differing}};
    if (!images.labels.empty()) {
        json["accuracy_deployed"] = percent(double(agreement.correct) / images.count);
        json["accuracy_trained"] = percent(double(agreement.correct_trained) / images.count);
    }
    print_json(json);
}

Status verify(const VerifyCommand &command, const Model &model, const ProgramOptions &program) {
    Images images;
    IntegerGraph graph;
    Status status = lower(model, graph);
    if (status.ok()) status = validate(graph);
    if (status.ok()) status = open_images(command, model.network, images);
    if (!status.ok()) return status;
    std::vector<Comparison> variants(program.target.variants.size());
    std::size_t differing = 0;
    for (std::size_t v = 0; v < variants.size() && status.ok(); ++v) {
        variants[v].can_run = runs_here(program.target, program.target.variants[v]) || !command.runner.empty();
        variants[v].variant = program.target.variants[v].name;
        if (variants[v].can_run) status = verify_variant(command, model, program, v, images, variants[v]);
        differing += variants[v].codes_differing + variants[v].reals_differing;
    }
    Agreement agreement;
    if (status.ok()) status = compare_with_training(model, graph, images, agreement);
    if (!status.ok()) return status;
    if (command.json) {
        print_result_json(command, variants, agreement, images);
    } else {
        print_result(variants, agreement, images);
    }
    return differing == 0 ? status : Status{ErrorCode::kernel_failed, "the library differs from the interpreter"};
}

Status run_verify(const VerifyCommand &command) {
    Model model;
    ProgramOptions program;
    if (Status status = open_for_compilation(command.compile, model, program); !status.ok()) return status;
    const Status status = verify(command, model, program);
    return status.ok() ? status : Status{status.code(), command.compile.source.path + ": " + status.message()};
}

}  // namespace

void add_verify(CLI::App &app, Run &run) {
    const auto options = std::make_shared<VerifyCommand>();
    CLI::App *command = add_command(
        app, run, "verify", "Compare a model's library with its definition, code by code", options, run_verify);
    add_compile_options(*command, options->compile);
    command->add_option("--data", options->data, "folder of test images; default: random pixels");
    command->add_option("--images", options->images, "how many")->check(CLI::Range(1, 1 << 20))->capture_default_str();
    command->add_option(
        "--runner", options->runner, "run it on a device: a command that runs a shell command there, 'ssh pi@host'");
    command->add_flag("--json", options->json, "print JSON");
}

}  // namespace dsq::cli
