// dsq verify: compares a model's library with the interpreter of its graph of integers, tensor by tensor, and both with
// the float simulation that training's steps compute.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <thread>

#include "compile/lower.h"
#include "compile/observe_library.h"
#include "compile_options.h"
#include "data/data_set.h"
#include "data/random.h"
#include "execute/executor.h"
#include "model/integer_interpreter.h"
#include "scratch_folder.h"

namespace dsq::cli {
namespace {

constexpr std::size_t largest_images = std::size_t{1} << 30;  // bytes in all

struct VerifyCommand {
    CompileOptions compile;
    std::string data;
    int images = 16;
    std::string runner;
    bool logits_only = false;
    bool json = false;
};

// Counts of one variant of the library.
struct Comparison {
    std::string variant;
    bool can_run = true;
    std::size_t codes = 0, codes_differing = 0;
    std::size_t reals = 0, reals_differing = 0;
    std::vector<int> classes;  // of each image, by the library's logits
    std::string first_difference;
};

// Of the interpreter with the float simulation.
struct Agreement {
    std::size_t codes = 0, codes_differing = 0;
    int same_class = 0;
    std::vector<int> classes;  // of each image, in the float simulation
};

struct Images {
    int count = 0;
    std::vector<std::uint8_t> pixels, labels;  // labels: empty where they are not known
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
std::size_t differing(std::span<const Element> a, std::span<const Element> b) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < a.size(); ++i) count += a[i] == b[i] ? 0 : 1;
    return count;
}

// The part of a tensor's elements that `count` images have, from image `first` on.
template <typename Element>
std::span<const Element> part(const std::vector<Element> &all, std::size_t images, int first, int count) {
    const std::size_t size = all.size() / images;
    return std::span(all).subspan(std::size_t(first) * size, std::size_t(count) * size);
}

// The definition of what a library computes, for some images after the other.
class Interpreted {
public:
    Interpreted(const IntegerGraph &graph, const Images &images) : graph_(graph), images_(images) {
    }

    // All tensors of `count` images from `first` on, which ask for them in order.
    Status find(int first, int count, std::vector<TensorValues> &tensors) {
        if (first < begin_ || first + count > end_) {
            if (Status status = interpret_from(first, count); !status.ok()) return status;
        }
        const auto images = static_cast<std::size_t>(end_ - begin_);
        tensors.resize(trace_.tensors.size());
        for (std::size_t t = 0; t < tensors.size(); ++t) {
            const auto codes = part(trace_.tensors[t].codes, images, first - begin_, count);
            const auto reals = part(trace_.tensors[t].reals, images, first - begin_, count);
            tensors[t] = {{codes.begin(), codes.end()}, {reals.begin(), reals.end()}};
        }
        return {};
    }

private:
    // More than are asked for: images run on all cores.
    Status interpret_from(int first, int count) {
        constexpr int most = 64;
        begin_ = first;
        end_ = std::min(images_.count, first + std::max(count, most / count * count));
        const std::size_t size = images_.pixels.size() / std::size_t(images_.count);
        const auto pixels =
            std::span(images_.pixels).subspan(std::size_t(begin_) * size, std::size_t(end_ - begin_) * size);
        return interpret(graph_, pixels, end_ - begin_, trace_);
    }

    const IntegerGraph &graph_;
    const Images &images_;
    IntegerTrace trace_;
    int begin_ = 0, end_ = 0;  // of the images of the trace
};

void compare(const IntegerTensor &tensor,
             const TensorValues &expected,
             const TensorValues &found,
             int run,
             Comparison &comparison) {
    const std::size_t codes = differing<std::int8_t>(expected.codes, found.codes);
    const std::size_t reals = differing<float>(expected.reals, found.reals);
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
    const Observation how{{program.target.linker, program.target.runner, command.runner}, command.logits_only};
    Interpreted interpreted(compiled.graph, images);
    return observe_library(
        compiled,
        0,
        folder.path(),
        how,
        as_bytes(images.pixels, command.compile.float_input),
        images.count / program.batch,
        [&](int run, const std::vector<TensorValues> &tensors) {
            std::vector<TensorValues> expected;
            Status found = interpreted.find(run * program.batch, program.batch, expected);
            for (std::size_t t = 0; t < tensors.size() && found.ok(); ++t) {
                const bool was_seen = !command.logits_only || int(t) == compiled.graph.logits;
                if (was_seen) compare(compiled.graph.tensors[t], expected[t], tensors[t], run, comparison);
            }
            const std::vector<float> &logits = tensors[std::size_t(compiled.graph.logits)].reals;
            for (int n = 0; n < program.batch; ++n) {
                comparison.classes.push_back(largest(part(logits, std::size_t(program.batch), n, 1)));
            }
            return found;
        });
}

// The codes that the float simulation has at the input of a layer, against the interpreter's.
void compare_with_simulation(const IntegerGraph &graph,
                             const std::vector<TensorValues> &tensors,
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
        const std::vector<std::int8_t> &codes = tensors[static_cast<std::size_t>(tensor - graph.tensors.begin())].codes;
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

Status compare_with_simulation(const Model &model,
                               const IntegerGraph &graph,
                               const Images &images,
                               Agreement &agreement) {
    Executor executor;
    if (Status status = executor.open(model, 1); !status.ok()) return status;
    const std::size_t size = image_size(model.network.input), channels = model.network.mean.size();
    std::vector<float> values(size);
    Interpreted interpreted(graph, images);
    for (int n = 0; n < images.count; ++n) {
        const auto pixels = std::span(images.pixels).subspan(std::size_t(n) * size, size);
        for (std::size_t i = 0; i < size; ++i) {
            values[i] = (static_cast<float>(pixels[i]) / 255.0F - model.network.mean[i % channels]) /
                        model.network.deviation[i % channels];
        }
        std::vector<TensorValues> tensors;
        Status status = executor.forward(values, 1, Mode::evaluate);
        if (status.ok()) status = interpreted.find(n, 1, tensors);
        if (!status.ok()) return status;
        compare_with_simulation(graph, tensors, executor, agreement);
        const int simulated = largest(executor.logits());
        agreement.same_class += largest(tensors[std::size_t(graph.logits)].reals) == simulated ? 1 : 0;
        agreement.classes.push_back(simulated);
    }
    return {};
}

double share(std::size_t some, std::size_t all) {
    return all == 0 ? 0.0 : static_cast<double>(some) / static_cast<double>(all);
}

// In percent.
double accuracy(const std::vector<int> &classes, const Images &images) {
    std::size_t correct = 0;
    for (std::size_t n = 0; n < classes.size(); ++n) correct += classes[n] == images.labels[n] ? 1 : 0;
    return percent(share(correct, classes.size()));
}

void print_result(const std::vector<Comparison> &variants, const Agreement &agreement, const Images &images) {
    for (const Comparison &variant : variants) {
        if (!variant.can_run) {
            std::printf("%s: this processor lacks its instructions; left out\n", variant.variant.c_str());
            continue;
        }
        std::printf("%s: %zu codes and %zu reals compared with the interpreter's, %zu differ",
                    variant.variant.c_str(),
                    variant.codes,
                    variant.reals,
                    variant.codes_differing + variant.reals_differing);
        if (!images.labels.empty()) std::printf("; accuracy %.2f %%", accuracy(variant.classes, images));
        std::printf("\n");
        if (!variant.first_difference.empty()) std::printf("  first: %s\n", variant.first_difference.c_str());
    }
    std::printf("float simulation of training: %d of %d images get the same class; %.4f %% of %zu codes differ",
                agreement.same_class,
                images.count,
                100 * share(agreement.codes_differing, agreement.codes),
                agreement.codes);
    if (!images.labels.empty()) std::printf("; accuracy %.2f %%", accuracy(agreement.classes, images));
    std::printf("\n");
}

Json to_json(const VerifyCommand &command,
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
        if (variant.can_run) list.back()["classes"] = variant.classes;
        if (variant.can_run && !images.labels.empty()) list.back()["accuracy"] = accuracy(variant.classes, images);
    }
    Json json{{"target", command.compile.target},
              {"images", images.count},
              {"variants", list},
              {"same_class", agreement.same_class},
              {"classes", agreement.classes},
              {"simulated_codes_compared", agreement.codes},
              {"simulated_codes_differing", agreement.codes_differing}};
    if (!images.labels.empty()) json["accuracy_simulated"] = accuracy(agreement.classes, images);
    return json;
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
    if (status.ok()) status = compare_with_simulation(model, graph, images, agreement);
    if (!status.ok()) return status;
    if (command.json) {
        print_json(to_json(command, variants, agreement, images));
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
    command->add_flag("--logits-only", options->logits_only, "compare what comes out, and no tensor before it: faster");
    command->add_flag("--json", options->json, "print JSON");
}

}  // namespace dsq::cli
