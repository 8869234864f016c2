#include "compile/plan_program.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include "compile/choose_way.h"
#include "compile/constant_buffers.h"
#include "compile/plan_convolution.h"
#include "compile/split_convolution.h"

namespace dsq {
namespace {

std::string identifier(std::string text) {
    std::replace_if(
        text.begin(), text.end(), [](unsigned char c) { return !std::isalnum(c); }, '_');
    return text;
}

// One variant of a program.
class Planner {
public:
    Planner(const IntegerGraph &graph, const ProgramOptions &options, const TargetVariant &target)
        : graph_(graph), options_(options), target_(target), places_(graph, options.batch) {
    }

    Status plan(ProgramVariant &variant, VariantNotes &notes) {
        if (Status status = places_.plan(); !status.ok()) return status;
        notes_.tensors = places_.places();
        variant_.tensor_bytes = places_.workspace_bytes();
        for (node_ = 0; node_ < static_cast<int>(graph_.nodes.size()); ++node_) {
            const IntegerOperation &operation = graph_.nodes[index(node_)].operation;
            Status status;
            if (const auto *convolution = std::get_if<ConvolutionNode>(&operation))
                status = add_convolution(*convolution);
            std::visit([&](const auto &other) { add_kernels(other); }, operation);
            if (!status.ok()) {
                return {status.code(), "node " + graph_.nodes[index(node_)].name + ": " + status.message()};
            }
        }
        variant_.target = target_.halide_target;
        variant_.requirements = target_.requirements;
        variant = std::move(variant_);
        notes = std::move(notes_);
        return {};
    }

private:
    static std::size_t index(int i) {
        return static_cast<std::size_t>(i);
    }
    const IntegerTensor &tensor(int t) const {
        return graph_.tensors[index(t)];
    }
    void add(KernelPlan kernel, KernelNote note) {
        const std::string &node = graph_.nodes[index(node_)].name;
        const std::string number = std::to_string(variant_.kernels.size());
        kernel.name = "step" + number + "_" + identifier(node);
        note.node = node_;
        variant_.kernels.push_back(std::move(kernel));
        notes_.kernels.push_back(std::move(note));
    }

    // What windows see outside the image.
    void fill_border(int t) {
        const int border = places_.border(t);
        if (border == 0) return;
        KernelPlan kernel{.generator = "fill_border", .parameters = {{"type", "int8"}, {"parallel", "false"}}};
        kernel.scalars = {{"row", places_.row_stride(t)},
                          {"height", tensor(t).shape.height},
                          {"border", border},
                          {"margin", border * tensor(t).shape.channels},
                          {"value", tensor(t).padding.front()}};
        kernel.buffers["tensor"] = places_.with_border(t);
        add(std::move(kernel), {.how = "border"});
    }

    void add_kernels(const InputNode &node) {
        const Shape &shape = tensor(node.codes).shape;
        const int border = places_.border(node.codes), row = shape.channels * shape.width;
        const int pixel_row = graph_.input.channels * shape.width;
        const int margin = border * shape.channels;
        BufferPlan pixels{.type = options_.pixels, .place = Place::input};
        pixels.dimensions = dense({pixel_row, shape.height, options_.batch});
        BufferPlan codes = places_.image(node.codes, border);
        codes.dimensions = {{-margin, row + 2 * margin, 1}, codes.dimensions[2], codes.dimensions[3]};
        KernelPlan kernel{.generator = "input_codes"};
        kernel.parameters["marks_outside"] = text(node.marks_outside);
        kernel.parameters["pixel_type"] = options_.pixels == ElementType::u8 ? "uint8" : "float32";
        const std::vector<int> &padding = tensor(node.codes).padding;
        kernel.buffers = {{"padding", vector_of(std::vector<std::int8_t>(padding.begin(), padding.end()))},
                          {"pixels", pixels},
                          {"codes", codes}};
        add(std::move(kernel), {.how = "pixels", .writes = {node.codes}});
    }

    static std::string text(bool flag) {
        return flag ? "true" : "false";
    }

    void add_kernels(const ConvolutionNode &) {
    }
    Status add_convolution(const ConvolutionNode &node) {
        const IntegerTensor &input = tensor(node.input);
        const Shape in = node.flatten ? Shape{static_cast<int>(element_count(input.shape)), 1, 1} : input.shape;
        const int input_bits = bits_of(input);
        const ConvolutionOperands operands{.weights = node.weights,
                                           .weight_range = node.weight_range,
                                           .input_range = input.range,
                                           .input_bits = input_bits,
                                           .stride = node.stride,
                                           .depthwise = node.depthwise,
                                           .is_x86 = is_x86(target_.instruction_set)};
        const LayerKey key = key_of(node, in, input_bits);
        KernelNote note{.layer = key};
        ConvolutionPlan way;
        if (Status status = choose_way(key, operands, note, way); !status.ok()) return status;
        const WayChoice &choice = *note.choice;

        KernelPlan kernel{.generator = std::string(generator_of(choice.way)), .parameters = way.parameters};
        const std::pair<const char *, int> numbers[] = {{"in_channels", in.channels},
                                                        {"out_channels", node.weights.out_channels},
                                                        {"kernel", node.weights.kernel},
                                                        {"stride", node.stride},
                                                        {"width", in.width},
                                                        {"height", in.height},
                                                        {"offset_shift", node.offset_shift},
                                                        {"batch", options_.batch}};
        for (const auto &[parameter, value] : numbers) kernel.parameters[parameter] = std::to_string(value);
        kernel.parameters["has_offset"] = text(node.offset != 0);
        kernel.buffers["input"] =
            node.flatten ? places_.flat(node.input, true) : places_.image(node.input, node.weights.kernel / 2);
        if (way.row_channels > 0) kernel.buffers["input"].dimensions[0].extent = way.row_channels;
        const auto &[lane, step, kx, ky, tile] = way.weight_extents;
        kernel.buffers["weights"] = constants(dense({lane, step, kx, ky, tile}), way.weights);
        kernel.buffers["weights"].type = way.weight_type;
        if (!way.start.empty()) kernel.buffers["start"] = vector_of(way.start);
        if (node.offset != 0) {
            kernel.buffers["offsets"] =
                vector_of(std::vector<std::int32_t>(index(node.weights.out_channels), node.offset));
        }
        const bool narrow = way.sum_bits == 16 && node.offset == 0;
        std::vector<int> writes =
            std::visit([&](const auto &epilogue) { return add_epilogue(epilogue, narrow, kernel); }, node.epilogue);
        split_convolution(kernel, choice.tile.channels, options_.most_tasks);
        for (const int t : writes) {
            if (tensor(t).is_codes) fill_border(t);
        }
        const double window = node.weights.kernel * node.weights.kernel;
        const double macs = double(element_count(tensor(writes.front()).shape)) * node.weights.in_channels * window;
        note.how = std::string(name(choice.way)) + " " + std::to_string(choice.tile.pixels) + "x" +
                   std::to_string(choice.tile.channels);
        note.bits = std::to_string(node.weight_bits) + "/" + std::to_string(input_bits);
        note.macs = macs * options_.batch;
        note.weight_bytes = way.weights.size();
        note.packed_bytes = double(node.weights.values.size()) * node.weight_bits / 8;
        note.writes = std::move(writes);
        add(std::move(kernel), std::move(note));
        return {};
    }

    LayerKey key_of(const ConvolutionNode &node, const Shape &input, int input_bits) const {
        LayerKey key{.variant = target_.name,
                     .in_channels = node.weights.in_channels,
                     .out_channels = node.weights.out_channels,
                     .kernel = node.weights.kernel,
                     .stride = node.stride,
                     .width = input.width,
                     .height = input.height,
                     .depthwise = node.depthwise,
                     .weight_bits = node.weight_bits,
                     .input_bits = input_bits};
        if (const auto *real = std::get_if<RealEpilogue>(&node.epilogue)) {
            key.epilogue = name_of(*real);
            if (real->residual != no_tensor_index) key.epilogue += "+residual";
        }
        if (node.offset != 0) key.epilogue += "+offset";
        return key;
    }

    // The first that the weights allow, of what tables have of the layer and then of the defaults.
    Status choose_way(const LayerKey &key,
                      const ConvolutionOperands &operands,
                      KernelNote &note,
                      ConvolutionPlan &way) const {
        struct Candidate {
            WayChoice choice;
            double cost = 0;
            std::string unit = {};
        };
        std::vector<Candidate> candidates;
        const auto add_table = [&](const TunedTable &table) {
            const TunedLayer *layer = table.find(key);
            if (!layer) return;
            for (const TunedWay &tuned : layer->ways) candidates.push_back({tuned.choice, tuned.cost, table.unit});
        };
        if (options_.way) {
            candidates.push_back({*options_.way});
        } else {
            for (const TunedTable &table : options_.tables) add_table(table);
            if (const TunedTable *table = shipped_table(options_.core)) add_table(*table);
            for (const WayChoice &other : default_ways(target_.instruction_set, options_.core, operands)) {
                candidates.push_back({other});
            }
        }
        Status status;
        for (const Candidate &candidate : candidates) {
            note.choice = candidate.choice;
            note.cost = candidate.cost;
            note.unit = candidate.unit;
            status = plan_convolution(candidate.choice.way, operands, candidate.choice.tile, {}, way);
            if (status.ok()) return status;
        }
        return {status.code(), std::string(name(candidates.back().choice.way)) + ": " + status.message()};
    }
    static int bits_of(const IntegerTensor &codes) {
        const int levels = (codes.range.high - codes.range.low) / codes.distance;
        int bits = 1;
        while ((1 << bits) - 1 < levels) ++bits;
        return bits;
    }

    std::vector<int> add_epilogue(const ThresholdEpilogue &epilogue, bool narrow, KernelPlan &kernel) const {
        const int channels = tensor(epilogue.codes).shape.channels;
        const int levels = static_cast<int>(epilogue.thresholds.size()) / channels;
        kernel.parameters["epilogue"] = "codes";
        kernel.parameters["levels"] = std::to_string(levels);
        kernel.parameters["lowest_code"] = std::to_string(epilogue.lowest);
        kernel.parameters["code_distance"] = std::to_string(epilogue.distance);
        kernel.parameters["has_flips"] = text(!epilogue.flips.empty());
        kernel.buffers["thresholds"] = narrow ? constants(dense({channels, levels}), narrowed(epilogue.thresholds))
                                              : constants(dense({channels, levels}), epilogue.thresholds);
        if (!epilogue.flips.empty()) {
            kernel.buffers["flips"] = narrow ? vector_of(narrowed(epilogue.flips)) : vector_of(epilogue.flips);
        }
        kernel.buffers["output"] = places_.image(epilogue.codes);
        return {epilogue.codes};
    }

    static const char *name_of(const RealEpilogue &epilogue) {
        if (epilogue.codes == no_tensor_index) return "float32";
        return epilogue.output != no_tensor_index ? "float32_and_codes" : "float32_codes";
    }
    std::vector<int> add_epilogue(const RealEpilogue &epilogue, bool, KernelPlan &kernel) const {
        const bool reals = epilogue.output != no_tensor_index, codes = epilogue.codes != no_tensor_index;
        kernel.parameters["epilogue"] = name_of(epilogue);
        kernel.parameters["has_residual"] = text(epilogue.residual != no_tensor_index);
        kernel.buffers["scale"] = vector_of(epilogue.scale);
        kernel.buffers["shift"] = vector_of(epilogue.shift);
        if (epilogue.residual != no_tensor_index) kernel.buffers["residual"] = places_.image(epilogue.residual);
        kernel.scalars["clamp_lower"] = epilogue.clamp_lower;
        kernel.scalars["clamp_upper"] = epilogue.clamp_upper;
        std::vector<int> writes;
        if (reals) {
            kernel.buffers["output"] = places_.image(epilogue.output);
            writes.push_back(epilogue.output);
        }
        if (codes) {
            add_grid(epilogue.grid, kernel);
            kernel.buffers["codes"] = places_.image(epilogue.codes);
            writes.push_back(epilogue.codes);
        }
        return writes;
    }

    static void add_grid(const CodeGrid &grid, KernelPlan &kernel) {
        kernel.parameters["levels"] = std::to_string(grid.levels);
        kernel.parameters["lowest_code"] = std::to_string(grid.lowest);
        kernel.parameters["code_distance"] = std::to_string(grid.distance);
        kernel.scalars["lower"] = grid.lower;
        kernel.scalars["step"] = grid.step;
        kernel.scalars["inverse_step"] = grid.inverse_step;
    }

    void add_kernels(const QuantizeNode &node) {
        fill_border(node.codes);
        KernelPlan kernel{.generator = "quantize_reals"};
        add_grid(node.grid, kernel);
        kernel.parameters["channels"] = std::to_string(tensor(node.codes).shape.channels);
        kernel.buffers = {{"input", places_.image(node.input)}, {"codes", places_.image(node.codes)}};
        add(std::move(kernel), {.how = "quantize", .writes = {node.codes}});
    }

    void add_kernels(const ShortcutNode &node) {
        KernelPlan kernel{.generator = "shortcut", .parameters = {{"parallel", "false"}}};
        const int added = tensor(node.output).shape.channels - tensor(node.input).shape.channels;
        kernel.scalars = {{"stride", node.stride}, {"padding", added / 2}};
        kernel.buffers = {{"input", places_.image(node.input)}, {"output", places_.image(node.output)}};
        add(std::move(kernel), {.how = "shortcut", .writes = {node.output}});
    }

    // Such reals are in the order of their bits, which integer instructions compare faster.
    bool is_never_negative(int t) const {
        return std::ranges::any_of(graph_.nodes, [&](const IntegerNode &node) {
            const auto *convolution = std::get_if<ConvolutionNode>(&node.operation);
            const auto *real = convolution ? std::get_if<RealEpilogue>(&convolution->epilogue) : nullptr;
            return real && real->output == t && real->clamp_lower >= 0;
        });
    }

    void add_kernels(const MaxPoolNode &node) {
        if (tensor(node.output).is_codes) fill_border(node.output);
        KernelPlan kernel{.generator = "max_pool", .parameters = {{"parallel", "false"}}};
        const bool as_integers = is_never_negative(node.input);
        kernel.parameters["type"] = tensor(node.input).is_codes ? "int8" : as_integers ? "int32" : "float32";
        kernel.parameters["channels"] = std::to_string(tensor(node.output).shape.channels);
        kernel.parameters["has_flips"] = text(!node.flips.empty());
        kernel.parameters["extent"] = std::to_string(node.kernel);
        kernel.scalars = {{"kernel", node.kernel}, {"stride", node.stride}, {"padding", node.padding}};
        kernel.buffers = {{"input", places_.image(node.input)}, {"output", places_.image(node.output)}};
        if (as_integers) {
            for (auto &[port, buffer] : kernel.buffers) buffer.type = ElementType::i32;
        }
        if (!node.flips.empty()) kernel.buffers["flips"] = vector_of(node.flips);
        add(std::move(kernel), {.how = "max_pool", .writes = {node.output}});
    }

    void add_kernels(const GlobalAveragePoolNode &node) {
        KernelPlan kernel{.generator = "global_average_pool", .parameters = {{"parallel", "false"}}};
        kernel.buffers = {{"input", places_.image(node.input)}, {"output", places_.image(node.output)}};
        add(std::move(kernel), {.how = "average", .writes = {node.output}});
    }

    void add_kernels(const LinearNode &node) {
        const int inputs = static_cast<int>(element_count(tensor(node.input).shape));
        const int outputs = tensor(node.output).shape.channels;
        KernelPlan kernel{.generator = "linear_codes"};
        kernel.parameters["activation_bits"] = std::to_string(node.activation_bits);
        kernel.buffers = {{"input", places_.flat(node.input)},
                          {"weights", constants(dense({inputs, outputs}), node.weights)},
                          {"scale", vector_of(node.scale)},
                          {"bias", vector_of(node.bias)},
                          {"output", places_.flat(node.output)}};
        add(std::move(kernel),
            {.how = "linear",
             .bits = "8/" + std::to_string(node.activation_bits),
             .macs = double(inputs) * outputs * options_.batch,
             .weight_bytes = node.weights.size(),
             .packed_bytes = double(node.weights.size()),
             .writes = {node.output}});
    }

    const IntegerGraph &graph_;
    const ProgramOptions &options_;
    const TargetVariant &target_;
    TensorPlaces places_;
    int node_ = 0;
    ProgramVariant variant_;
    VariantNotes notes_;
};

std::string shape_text(const Shape &shape) {
    return std::to_string(shape.height) + " x " + std::to_string(shape.width) + " x " + std::to_string(shape.channels) +
           " [height][width][channel]";
}

}  // namespace

Status plan_program(const IntegerGraph &graph,
                    const ProgramOptions &options,
                    ProgramPlan &plan,
                    std::vector<VariantNotes> &notes) {
    ProgramPlan result{.name = options.name, .batch = options.batch, .most_tasks = options.most_tasks};
    result.image = graph.input;
    if (graph.logits != no_tensor_index) {
        result.classes = graph.tensors[static_cast<std::size_t>(graph.logits)].shape.channels;
    }
    result.about = "The network " + graph.name + ", compiled by dsq for " + options.target.name + ".";
    result.input = std::to_string(options.batch) + " images, " + shape_text(graph.input) + ": " +
                   (options.pixels == ElementType::u8 ? "pixels, uint8_t, 0 to 255." : "float, 0 to 1 (pixel / 255).") +
                   "\nThe normalization of the images that the network was trained with is part of the library.";
    result.output = std::to_string(options.batch) + " x " + std::to_string(result.classes) +
                    " float: the logits of each image; the largest tells its class.";
    notes.clear();
    for (const TargetVariant &target : options.target.variants) {
        result.variants.emplace_back();
        notes.emplace_back();
        Status status = Planner(graph, options, target).plan(result.variants.back(), notes.back());
        if (!status.ok()) return status;
    }
    plan = std::move(result);
    return {};
}

}  // namespace dsq
