// Models that are damaged, or made to do harm, on their way through what `dsq compile` and `dsq verify` do: an error
// that says where and why, in little memory, and nothing is written.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cmath>
#include <cstring>

#include "compile/compile_model.h"
#include "compile/lower.h"
#include "model/network_json.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_model.h"

namespace dsq::tests {
namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

// As run_compile of src/cli does.
Status compile_file(const std::string &path, const std::string &folder, const std::string &name = "hostile") {
    Model model;
    ProgramOptions options{.name = name};
    CompiledModel compiled;
    Status status = read_model(path, model);
    if (!status.ok()) return status;
    status = find_target("x86-64-linux", options.core, options.target);
    if (status.ok()) status = compile_model(model, options, folder, 2, compiled);
    return status.ok() ? status : Status{status.code(), path + ": " + status.message()};
}

class HostileModel : public testing::Test {
protected:
    // What a file of a few kilobytes makes anyone allocate lies far below.
    static void SetUpTestSuite() {
        const rlimit limit{std::size_t{3} << 30, std::size_t{3} << 30};
        ASSERT_EQ(setrlimit(RLIMIT_AS, &limit), 0);
    }

    std::string path() const {
        return folder_.path("model.safetensors");
    }
    // The error names the file and has all these words, and there is nothing but the file afterwards.
    void expect_error(const std::vector<std::string> &words) const {
        const Status status = compile_file(path(), folder_.path("new/folder"));
        EXPECT_FALSE(status.ok());
        EXPECT_TRUE(status.message().starts_with(path() + ":") || status.message().starts_with(path() + ","))
            << status.message();
        for (const std::string &word : words) {
            EXPECT_NE(status.message().find(word), std::string::npos) << word << " in: " << status.message();
        }
        EXPECT_FALSE(std::filesystem::exists(folder_.path("new"))) << status.message();
    }
    void expect_error(const Model &model, const std::vector<std::string> &words) const {
        const Status status = write_model(path(), model);
        ASSERT_TRUE(status.ok()) << status.message();
        expect_error(words);
    }
    void expect_error(TensorFile file, const std::string &json, const std::vector<std::string> &words) const {
        file.metadata["dsq.network"] = json;
        ASSERT_TRUE(write_safetensors(path(), file).ok());
        expect_error(words);
    }

    TemporaryFolder folder_;
};

Layer &layer_of(Network &network, const std::string &name) {
    return *std::find_if(
        network.layers.begin(), network.layers.end(), [&](const Layer &layer) { return layer.name == name; });
}

// The elements of a tensor with the last one changed.
Tensor with_last(const Tensor &tensor, float value) {
    const std::span<const float> floats = *tensor.as<float>();
    std::vector<float> values(floats.begin(), floats.end());
    values.back() = value;
    return make_tensor<float>(tensor.shape, values);
}

TEST_F(HostileModel, CutAnywhere) {
    ASSERT_TRUE(write_model(path(), tiny_model("residual")).ok());
    const std::string whole = file_text(path());
    for (std::size_t size = 0; size < whole.size(); size += 1 + size / 40) {
        SCOPED_TRACE(size);
        folder_.write("model.safetensors", whole.substr(0, size));
        expect_error({"expected"});
    }
}

TEST_F(HostileModel, EachTensorIsMissed) {
    for (const auto &[name, tensor] : tiny_model("residual").tensors) {
        Model model = tiny_model("residual");
        model.tensors.erase(name);
        expect_error(model, {"tensor " + name + ": expected F32 [", "found none"});
    }
}

TEST_F(HostileModel, EachTensorHasAShapeAndAType) {
    for (const auto &[name, tensor] : tiny_model("residual").tensors) {
        const std::string expected = "tensor " + name + ": expected F32 [";
        Model model = tiny_model("residual");
        model.tensors[name].shape.push_back(1);
        expect_error(model, {expected, ", 1]"});
        model.tensors[name] = make_tensor<float>({0}, std::vector<float>{});
        expect_error(model, {expected, "found F32 [0]"});
        model.tensors[name] = make_tensor<double>({1}, std::vector<double>{0.5});
        expect_error(model, {expected, "found F64 [1]"});
        model.tensors[name] = tensor;
        model.tensors[name].type = ElementType::i32;
        expect_error(model, {expected, "found I32 ["});
    }
}

TEST_F(HostileModel, EachTensorIsFinite) {
    for (const float value : {std::nanf(""), infinity, -infinity}) {
        for (const auto &[name, tensor] : tiny_model("residual").tensors) {
            Model model = tiny_model("residual");
            model.tensors[name] = with_last(tensor, value);
            expect_error(model, {"tensor " + name, "expected"});
        }
    }
}

TEST_F(HostileModel, HugeNumbers) {
    Model model = tiny_model("residual");
    model.tensors["norm1.weight"] = with_last(model.tensors["norm1.weight"], 3e38F);
    model.tensors["norm1.running_var"] = with_last(model.tensors["norm1.running_var"], 0.0F);
    expect_error(model, {"layer one (conv2d)", "norm1", "that float32 holds", "inf"});
    model = tiny_model("residual");
    model.tensors["norm.weight"] = with_last(model.tensors["norm.weight"], 3e38F);
    model.tensors["norm.running_var"] = with_last(model.tensors["norm.running_var"], 1.0F);
    model.tensors["first.weight"] = with_last(model.tensors["first.weight"], 3e38F);
    expect_error(model, {"layer first (conv2d)", "that float32 holds", "channel 1"});
}

TEST_F(HostileModel, Variances) {
    Model model = tiny_model("residual");
    model.tensors["norm1.running_var"] = with_last(model.tensors["norm1.running_var"], -1.0F);
    expect_error(model, {"tensor norm1.running_var", "no negative number, found -1.0", "at 3"});
    model.tensors["norm1.running_var"] = with_last(model.tensors["norm1.running_var"], 0.0F);
    IntegerGraph graph;
    const Status status = lower(model, graph);
    EXPECT_TRUE(status.ok()) << status.message();
}

TEST_F(HostileModel, Quantizers) {
    const std::string name = "one.input_quantizer";
    const auto expect = [&](const std::vector<float> &state, const std::string &text) {
        Model model = tiny_model("residual");
        model.tensors[name] = make_tensor<float>({3}, state);
        expect_error(model, {"tensor " + name, text});
    };
    expect({1, 1, 0.2F}, "upper = 1: expected more than lower");
    expect({2, 1, 0.2F}, "upper = 1: expected more than lower");
    expect({0, 1, 0.7F}, "alpha = ");
    expect({0, 1, 0}, "alpha = 0");
    expect({-3e38F, 3e38F, 0.2F}, "upper - lower = ");
    expect({0, 1e-40F, 0.2F}, "upper - lower = ");
}

// A graph as JSON, with one thing replaced; the tensors are those of the model.
struct Replaced {
    const char *from, *to;
    std::vector<std::string> words;
};

TEST_F(HostileModel, Networks) {
    const Model model = tiny_model("residual");
    const std::string json = network_to_json(model.network);
    const std::string positive = "expected 1 to 65536, found ";
    const Replaced cases[] = {
        {R"("inputs":[3])", R"("inputs":[4])", {"layer one (conv2d): inputs: expected layers before it", "found 4"}},
        {R"("inputs":[3])", R"("inputs":[9])", {"layer one (conv2d): inputs: expected layers before it", "found 9"}},
        {R"("inputs":[3])", R"("inputs":[-1])", {"layer one (conv2d): inputs", "found -1"}},
        {R"("inputs":[3])", R"("inputs":[4294967299])", {"layers[4], inputs: expected integers", "found 4294967299"}},
        {R"("inputs":[3])", R"("inputs":[3.5])", {"layers[4], inputs: expected integers", "found 3.5"}},
        {R"("inputs":[3])", R"("inputs":[1e300])", {"layers[4], inputs: expected integers"}},
        {R"("inputs":[3])", R"("inputs":[])", {"layer one (conv2d): inputs: expected 1, found 0"}},
        {R"("inputs":[9,7])", R"("inputs":[9,3])", {"layer sum (add): inputs: expected equal shapes"}},
        {R"("channels":4)", R"("channels":0)", {"layer one (conv2d): channels: " + positive + "0"}},
        {R"("channels":4)", R"("channels":-4)", {"layer one (conv2d): channels: " + positive + "-4"}},
        {R"("channels":4)", R"("channels":1000000000)", {"layer one (conv2d): channels: " + positive}},
        {R"("channels":4)", R"("channels":4294967300)", {"layers[4], channels: expected an integer"}},
        {R"("kernel":3)", R"("kernel":0)", {"layer first (conv2d): kernel: expected 1 to 255, found 0"}},
        {R"("kernel":3)", R"("kernel":999999999)", {"layer first (conv2d): kernel: expected 1 to 255"}},
        {R"("kernel":3)", R"("kernel":255)", {"tensor first.weight: expected F32 [2, 2, 255, 255]"}},
        {R"("stride":2)", R"("stride":0)", {"layer one (conv2d): stride: expected at least 1, found 0"}},
        {R"("input":[2,)", R"("input":[0,)", {"input: expected channels, width and height"}},
        {R"("input":[2,4,3])", R"("input":[2,4])", {"input: expected channels, width and height"}},
        {R"("input":[2,4,3])",
         R"("input":[2,46341,46341])",
         {"layer image (input): output: expected at most", "46341"}},
        {R"("input":[2,4,3])",
         R"("input":[2,1000000000,1000000000])",
         {"layer image (input): output: expected at most"}},
        {R"("mean":[0.25,0.25])", R"("mean":[0.25])", {"mean, deviation: expected a number for each channel"}},
        {R"("mean":[0.25,0.25])", R"("mean":[0.25,1e39])", {"mean: expected numbers that float32 holds"}},
        {R"("deviation":[0.5,0.5])", R"("deviation":[0.5,0])", {"deviation: expected positive numbers"}},
        {R"("deviation":[0.5,0.5])", R"("deviation":[0.5,-1])", {"deviation: expected positive numbers"}},
        {R"("name":"one")", R"("name":"first")", {"layer first (conv2d): name: expected one of its own"}},
        {R"("name":"one")", R"("name":"")", {"layers[4], name: expected 1 to 100 characters"}},
        {R"("name":"one")", R"("name":"o\u001b[31m")", {"layers[4], name: expected 1 to 100 characters", "\\u001b"}},
        {R"("bits":2)", R"("bits":0)", {"layers[4], ", "bits: expected 1 to 8, found 0"}},
        {R"("bits":2)", R"("bits":33)", {"layers[4], ", "bits: expected 1 to 8, found 33"}},
        {R"("method":"dsq","bits":2)", R"("method":"binary","bits":2)", {"tensor one.", "bits = 2: expected 1"}},
        {R"("operation":"relu")", R"("operation":"average_pool")", {"layer relu (average_pool)", "no integer form"}},
        {R"("operation":"conv2d")", R"("operation":"relu")", {"tensor first.weight", "no such parameter"}},
    };
    for (const auto &[from, to, words] : cases) {
        std::string changed = json;
        const std::size_t at = changed.find(from);
        ASSERT_NE(at, std::string::npos) << from;
        changed.replace(at, std::strlen(from), to);
        SCOPED_TRACE(to);
        expect_error(file_of(model), changed, words);
    }
}

// What is nested, or long, costs no more than its length.
TEST_F(HostileModel, DeepAndLongNetworks) {
    constexpr std::size_t depth = 1'000'000;
    const std::string deep = std::string(depth, '[') + std::string(depth, ']');
    expect_error(TensorFile{}, R"({"name":)" + deep + "}", {"dsq.network, name: expected a string, found an array"});
    expect_error(TensorFile{}, R"({"name":"n","input":[)" + deep + "]}", {"input: expected integers", "an array"});
    std::string wide = "{\"name\":0";
    for (int key = 0; key < 300'000; ++key) wide += ",\"" + std::to_string(key) + "\":0";
    expect_error(TensorFile{}, wide + "}", {"dsq.network, name: expected a string, found 0"});
    std::string layers = R"({"name":"image","operation":"input","inputs":[]})";
    for (int layer = 1; layer < 100'000; ++layer) {
        layers += R"(,{"name":")" + std::to_string(layer) + R"(","operation":"relu","inputs":[0]})";
    }
    layers += R"(,{"name":"sum","operation":"add","inputs":[0,0]})";
    expect_error(TensorFile{},
                 R"({"name":"n","input":[1,1,1],"mean":[0],"deviation":[1],"layers":[)" + layers + "]}",
                 {"network n, layer image (input): expected one reader"});
}

// Networks whose tensors fit, but that have no integer form.
TEST_F(HostileModel, LayersThatCannotBeCompiled) {
    const auto expect =
        [&](const char *kind, void (*change)(Network & network), const std::vector<std::string> &words) {
            Network network = tiny_network(kind);
            change(network);
            SCOPED_TRACE(words.front());
            expect_error(tiny_model(network), words);
        };
    const char *residual = "residual";
    expect(residual,
           [](Network &n) { layer_of(n, "two").input_quantizer.method = Method::none; },
           {"network residual, layer two (conv2d): expected a quantizer of its input"});
    expect(residual,
           [](Network &n) { layer_of(n, "norm").operation = Operation::relu6; },
           {"layer relu (relu): expected a convolution before it"});
    expect(residual,
           [](Network &n) { layer_of(n, "average").operation = Operation::average_pool; },
           {"layer average (average_pool)", "no integer form"});
    expect(residual,
           [](Network &n) { layer_of(n, "skip").inputs = {0}; },
           {"layer image (input): expected one reader, a conv2d, found 2"});
    expect(residual,
           [](Network &n) { layer_of(n, "first").operation = Operation::depthwise_conv2d; },
           {"layer image (input): expected one reader, a conv2d, found first (depthwise_conv2d)"});
    expect(residual,
           [](Network &n) { TinyNetwork::quantize(layer_of(n, "first"), 2, 2); },
           {"layer image (input): expected a first layer that reads floats or pixels", "2 bits"});
    expect(residual, [](Network &n) { layer_of(n, "first").kernel = 2; }, {"kernel: expected an odd extent, found 2"});
    expect(residual, [](Network &n) { n.layers.pop_back(), n.layers.pop_back(); }, {"shape of logits"});
    expect(residual,
           [](Network &n) {
               layer_of(n, "sum").inputs = {9, 9};
           },
           {"layer sum (add): expected a convolution before it"});
    expect(residual,
           [](Network &n) {
               Layer second = n.layers.back();
               second.name = "second";
               second.inputs = {static_cast<int>(n.layers.size()) - 1};
               n.layers.push_back(second);
           },
           {"layer linear (linear): expected a fully connected layer at the end"});
    expect("pooled",
           [](Network &n) {
               layer_of(n, "pool").kernel = 3;
               layer_of(n, "pool").stride = 3;
               n.input = {1, 2, 2};
           },
           {"layer pool (max_pool): input: expected at least 3 pixels each way"});
    expect("pixels",
           [](Network &n) { n.mean = {0.5F}; },
           {"layer image (input): expected a first layer that reads floats or pixels"});
}

// 128 * 127 * 65536 * 9 is far above 2^31.
TEST_F(HostileModel, AnAccumulatorThatLeaves32Bits) {
    TinyNetwork tiny("wide", {1, 1, 1});
    tiny.convolve("first", 60'000, 0, 1);
    Layer linear{.name = "linear", .operation = Operation::linear, .channels = 1};
    TinyNetwork::quantize(linear, 8, 8);
    tiny.add(linear);
    Model model = tiny_model(tiny.network());
    const std::vector<float> ones(60'000, -1.0F);
    model.tensors["linear.weight"] = make_tensor<float>({1, 60'000}, ones);
    model.tensors["linear.input_quantizer"] = make_tensor<float>({3}, std::vector<float>{0, 1, 0.2F});
    IntegerGraph graph;
    EXPECT_TRUE(lower(model, graph).ok());  // 60000 * 128 * 128 is below 2^31
    TinyNetwork larger("larger", {3, 2, 2});
    larger.convolve("first", 60'000, 0, 1);
    larger.add(linear);
    expect_error(tiny_model(larger.network()), {"layer linear (linear): expected sums that 32 bits hold"});
}

TEST_F(HostileModel, ATensorThatTakesMoreThan31Bits) {
    Network network = tiny_network("depthwise");
    network.input = {3, 20'000, 20'000};
    expect_error(tiny_model(network), {"tensor ", "expected at most 2147483647 bytes for 1 images, found "});
}

TEST_F(HostileModel, OutputThatCannotBeWritten) {
    ASSERT_TRUE(write_model(path(), tiny_model("signs")).ok());
    const std::string file = folder_.write("file", "kept");
    for (const std::string &output : {file, file + "/below", std::string("/proc/none")}) {
        const Status status = compile_file(path(), output);
        EXPECT_FALSE(status.ok()) << output;
        EXPECT_NE(status.message().find(output), std::string::npos) << status.message();
    }
    EXPECT_EQ(file_text(file), "kept");
}

TEST_F(HostileModel, NamesThatAreNoIdentifiers) {
    ASSERT_TRUE(write_model(path(), tiny_model("signs")).ok());
    for (const std::string &name :
         {std::string(), std::string("res-net"), std::string(300, 'a'), std::string("a/../b")}) {
        const Status status = compile_file(path(), folder_.path("new/folder"), name);
        EXPECT_NE(status.message().find("'" + name + "', is no C identifier"), std::string::npos) << status.message();
        EXPECT_FALSE(std::filesystem::exists(folder_.path("new")));
    }
}

// Each kind is whole before it is damaged.
TEST_F(HostileModel, TinyModelsAreWhole) {
    for (const std::string_view kind : tiny_kinds) {
        ASSERT_TRUE(write_model(path(), tiny_model(kind)).ok());
        Model model;
        IntegerGraph graph;
        Status status = read_model(path(), model);
        if (status.ok()) status = lower(model, graph);
        if (status.ok()) status = validate(graph);
        EXPECT_TRUE(status.ok()) << kind << ": " << status.message();
    }
}

}  // namespace
}  // namespace dsq::tests
