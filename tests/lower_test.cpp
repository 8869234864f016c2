#include "compile/lower.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "compile/thresholds.h"
#include "model/integer_interpreter.h"
#include "model/real_epilogue.h"
#include "tests/support/settled_model.h"
#include "tests/support/tiny_model.h"

namespace dsq::tests {
namespace {

IntegerGraph lowered(const Model &model) {
    IntegerGraph graph;
    Status status = lower(model, graph);
    if (status.ok()) status = validate(graph);
    EXPECT_TRUE(status.ok()) << status.message();
    return graph;
}

// How far the result of nodes lies from that of training's simulation.
struct Differences {
    std::size_t codes = 0, differing = 0;
    double reals = 0;  // the largest, of the largest magnitude of the tensor
};

// Runs each node by itself on what training's simulation has at its inputs: a code that differs would make ever more of
// those behind it differ, in networks with random weights.
class NodeByNode {
public:
    NodeByNode(const Model &model, const IntegerGraph &graph, const std::vector<std::uint8_t> &pixels)
        : model_(model), graph_(graph), pixels_(pixels) {
        Status status = executor_.open(model, 1);
        if (status.ok()) status = executor_.forward(normalized(model.network, pixels), 1, Mode::evaluate);
        EXPECT_TRUE(status.ok()) << status.message();
    }

    Differences run() {
        ImageTensors image{graph_.tensors, pixels_, std::vector<TensorValues>(graph_.tensors.size())};
        Differences differences;
        for (const IntegerNode &node : graph_.nodes) {
            evaluate(node, image);
            for (std::size_t t = 0; t < graph_.tensors.size(); ++t) {
                TensorValues trained, &values = image.values[t];
                if (values.codes.empty() == values.reals.empty() || !find(graph_.tensors[t], trained)) continue;
                add(values, trained, differences);
                values = std::move(trained);
            }
        }
        return differences;
    }

private:
    bool find(const IntegerTensor &tensor, TensorValues &values) {
        for (std::size_t i = 1; i < model_.network.layers.size(); ++i) {
            const std::string &name = model_.network.layers[i].name;
            const int layer = static_cast<int>(i);
            if (tensor.name == name && !tensor.is_codes && executor_.output(layer).data != nullptr) {
                values.reals = dense(executor_.output(layer));
                return true;
            }
            if (tensor.name == name + ".input" && executor_.quantized_input(layer).data != nullptr) {
                const CodeGrid grid = code_grid(executor_.parameters().quantizer(layer, Operand::activations));
                for (const float value : dense(executor_.quantized_input(layer))) {
                    values.codes.push_back(static_cast<std::int8_t>(std::lround((value - grid.base()) / grid.scale())));
                }
                return true;
            }
        }
        return false;
    }
    static std::vector<float> dense(TensorView<const float> view) {
        std::vector<float> values;
        for (int y = 0; y < view.height; ++y) {
            const float *row = view.data + y * view.row_stride();
            values.insert(values.end(), row, row + view.width * view.channels);
        }
        return values;
    }
    static void add(const TensorValues &found, const TensorValues &expected, Differences &differences) {
        double largest = 0, difference = 0;
        for (std::size_t i = 0; i < found.reals.size(); ++i) {
            largest = std::max(largest, std::abs(double{expected.reals[i]}));
            difference = std::max(difference, std::abs(double{found.reals[i]} - double{expected.reals[i]}));
        }
        if (largest > 0) differences.reals = std::max(differences.reals, difference / largest);
        differences.codes += found.codes.size();
        for (std::size_t i = 0; i < found.codes.size(); ++i) {
            differences.differing += found.codes[i] != expected.codes[i] ? 1 : 0;
        }
    }

    const Model &model_;
    const IntegerGraph &graph_;
    const std::vector<std::uint8_t> &pixels_;
    Executor executor_;
};

// A code at a threshold may round to either side; a float first layer has got 8-bit weights.
void expect_same_function(const ModelKind &kind) {
    const Model model = settled_model(kind);
    const IntegerGraph graph = lowered(model);
    const std::vector<std::uint8_t> pixels = random_pixels(kind.image, 1, 5);
    const Differences differences = NodeByNode(model, graph, pixels).run();
    EXPECT_GT(differences.codes, std::size_t{10000});
    EXPECT_LT(static_cast<double>(differences.differing) / static_cast<double>(differences.codes),
              kind.outer_8bit ? 0.001 : 0.003);
    EXPECT_LT(differences.reals, kind.outer_8bit ? 0.001 : 0.02);
}

struct KindName {
    template <typename Info>
    std::string operator()(const Info &info) const {
        const ModelKind &kind = info.param;
        return kind.network + "_" + kind.method + "_w" + std::to_string(kind.weight_bits) + "a" +
               std::to_string(kind.activation_bits) + (kind.outer_8bit ? "_8bit" : "") +
               (kind.layers.empty() ? "" : "_mixed");
    }
};

class EveryKind : public testing::TestWithParam<ModelKind> {};

TEST_P(EveryKind, KeepsTheFunctionOfTheTrainedNetwork) {
    expect_same_function(GetParam());
}

const ModelKind kinds[] = {
    {},
    {.weight_bits = 1, .activation_bits = 1},
    {.weight_bits = 1, .activation_bits = 2},
    {.weight_bits = 3, .activation_bits = 3, .outer_8bit = true},
    {.weight_bits = 4, .activation_bits = 4},
    {.outer_8bit = true, .method = "pact"},
    {.layers = {{"layer2.1.conv1", 4, 3}, {"layer3.0.conv2", 8, 8}}},
    {.network = "vgg_small"},
    {.network = "vgg_small", .weight_bits = 3, .activation_bits = 3, .outer_8bit = true},
    {.network = "resnet18", .image = {3, 32, 32}},
};
INSTANTIATE_TEST_SUITE_P(Lower, EveryKind, testing::ValuesIn(kinds), KindName());

// Every kind of layer, on images that are smaller than windows, or that strides do not divide; some channels are
// constant.
TEST(Lower, KeepsTheFunctionOfSmallAndOddNetworks) {
    std::size_t codes = 0, differing = 0;
    for (const std::string_view kind : tiny_kinds) {
        for (const auto &[width, height] : {std::pair{1, 1}, {2, 3}, {5, 4}, {1, 9}, {7, 7}}) {
            SCOPED_TRACE(std::string(kind) + ", " + std::to_string(width) + " x " + std::to_string(height));
            Network network = tiny_network(kind);
            network.input.width = std::max(width, kind == "pooled" ? 2 : 1);
            network.input.height = std::max(height, kind == "pooled" ? 2 : 1);
            Model model = tiny_model(network);
            std::vector<float> scales(static_cast<std::size_t>(model.tensors.at("norm1.weight").shape[0]), -0.5F);
            scales[0] = 0.0F;
            model.tensors["norm1.weight"] =
                make_tensor<float>({static_cast<std::int64_t>(scales.size())}, std::span<const float>(scales));
            const IntegerGraph graph = lowered(model);
            const std::vector<std::uint8_t> pixels = random_pixels(network.input, 1, static_cast<unsigned>(width));
            const Differences found = NodeByNode(model, graph, pixels).run();
            EXPECT_GT(found.codes, 0U);
            EXPECT_LT(found.reals, 0.5 / 127);  // half a step of the 8-bit weights of a float last layer
            codes += found.codes;
            differing += found.differing;
        }
    }
    EXPECT_LT(static_cast<double>(differing), 0.003 * static_cast<double>(codes)) << differing << " of " << codes;
}

TEST(Lower, TakesThresholdsWhereOneQuantizerIsAllThatReads) {
    const IntegerGraph graph = lowered(settled_model({}));
    int thresholds = 0, reals = 0;
    for (const IntegerNode &node : graph.nodes) {
        const auto *convolution = std::get_if<ConvolutionNode>(&node.operation);
        if (convolution == nullptr) continue;
        const bool is_first_of_block = std::holds_alternative<ThresholdEpilogue>(convolution->epilogue);
        (is_first_of_block ? thresholds : reals) += 1;
        EXPECT_EQ(is_first_of_block, node.name.ends_with("relu1") && node.name != "relu1") << node.name;
    }
    EXPECT_EQ(thresholds, 9);
    EXPECT_EQ(reals, 10);
}

TEST(Lower, LeavesOutWhatNothingReads) {
    Model model = settled_model({});
    const std::size_t nodes = lowered(model).nodes.size();
    Layer unread = model.network.layers[2];
    unread.name = "unread";
    model.network.layers.insert(model.network.layers.end() - 1, unread);
    model.network.layers.back().inputs = {static_cast<int>(model.network.layers.size()) - 3};
    for (const char *tensor : {"weight", "bias", "running_mean", "running_var"}) {
        model.tensors["unread." + std::string(tensor)] = model.tensors.at("bn1." + std::string(tensor));
    }
    EXPECT_EQ(lowered(model).nodes.size(), nodes);
}

void expect_error(const Model &model, const std::string &text) {
    IntegerGraph graph;
    const Status status = lower(model, graph);
    EXPECT_FALSE(status.ok());
    EXPECT_NE(status.message().find(text), std::string::npos) << status.message();
    EXPECT_TRUE(graph.nodes.empty());
}

TEST(Lower, NamesWhatHasNoIntegerForm) {
    Model model = settled_model({});
    Layer &layer = model.network.layers[4];
    ASSERT_EQ(layer.name, "layer1.0.conv1");
    layer.input_quantizer.method = Method::none;
    expect_error(model, "network resnet20, layer layer1.0.conv1 (conv2d): expected a quantizer of its input");

    model = settled_model({});
    model.tensors.erase("bn1.weight");
    expect_error(model, "tensor bn1.weight: expected, not found");

    model = settled_model({});
    const std::vector<float> wrong(16, std::nanf(""));
    model.tensors["bn1.bias"] = make_tensor<float>({16}, wrong);
    expect_error(model, "tensor bn1.bias: expected finite numbers, found nan at 0");
}

TEST(Thresholds, GiveTheCodeOfEveryAccumulator) {
    const RealEpilogue real{
        .scale = {0.013F, -0.004F, 0.0F, 3.0F}, .shift = {0.2F, 0.5F, 0.7F, -1.0F}, .clamp_lower = 0.0F};
    const CodeGrid grid{.lower = -0.1F, .step = 0.4F, .inverse_step = 2.5F, .levels = 3, .lowest = -2};
    const std::vector<AccumulatorRange> ranges{{-300, 290}, {-1000, 1000}, {-5, 5}, {-2, 3}};
    const ThresholdEpilogue thresholds = thresholds_of(real, grid, ranges);
    for (std::size_t c = 0; c < ranges.size(); ++c) {
        for (auto sum = static_cast<std::int32_t>(ranges[c].low); sum <= ranges[c].high; ++sum) {
            int code = thresholds.lowest;
            for (std::size_t level = 0; level < 3; ++level) {
                code += (sum ^ thresholds.flips[c]) >= thresholds.thresholds[level * 4 + c] ? 1 : 0;
            }
            ASSERT_EQ(code, code_of(grid, real_of(real, c, sum))) << "channel " << c << ", accumulator " << sum;
        }
    }
}

}  // namespace
}  // namespace dsq::tests
