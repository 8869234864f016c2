#include "model/model.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "model/built_in.h"
#include "model/network_json.h"
#include "model/parameters.h"

namespace dsq::tests {
namespace {

Network resnet20() {
    Network network;
    const Status status = built_in_network("resnet20", {3, 32, 32}, 10, network);
    EXPECT_TRUE(status.ok()) << status.message();
    return network;
}

Model zeros(const Network &network) {
    Model model{network, {}};
    std::vector<Shape> shapes;
    EXPECT_TRUE(infer_shapes(network, shapes).ok());
    for (const ParameterTensor &parameter : parameter_tensors(network, shapes)) {
        std::vector<float> values(parameter.size(), 0.0F);
        if (parameter.shape == std::vector<std::int64_t>{3}) values = {-1.0F, 1.0F, 0.25F};
        model.tensors[parameter.name] = make_tensor<float>(parameter.shape, values);
    }
    return model;
}

std::string temporary(const std::string &name) {
    return testing::TempDir() + "model_test_" + name + ".safetensors";
}

TEST(Network, HasTheMultiplicationsOfThePaper) {
    // He et al. 2016: 41 M for ResNet-20 on CIFAR-10, 1.8 G for ResNet-18 on ImageNet.
    std::vector<Shape> shapes;
    const Network small = resnet20();
    ASSERT_TRUE(infer_shapes(small, shapes).ok());
    EXPECT_NEAR(count_macs(small, shapes), 40.6e6, 0.2e6);
    Network large;
    ASSERT_TRUE(built_in_network("resnet18", {3, 224, 224}, 1000, large).ok());
    ASSERT_TRUE(infer_shapes(large, shapes).ok());
    EXPECT_NEAR(count_macs(large, shapes), 1.814e9, 0.01e9);
}

TEST(Network, NamesWhatIsThere) {
    Network network;
    const Status status = built_in_network("resnet21", {3, 32, 32}, 10, network);
    EXPECT_EQ(status.code(), ErrorCode::invalid_argument);
    EXPECT_NE(status.message().find("'resnet21': expected resnet20, resnet32"), std::string::npos) << status.message();
}

TEST(Network, RefusesLayersThatDoNotFit) {
    std::vector<Shape> shapes;
    Network network = resnet20();
    network.layers.back().inputs = {1000};
    Status status = infer_shapes(network, shapes);
    EXPECT_NE(status.message().find("layer linear (linear): inputs: expected layers before it"), std::string::npos)
        << status.message();
    network = resnet20();
    network.layers[1].stride = 0;
    status = infer_shapes(network, shapes);
    EXPECT_NE(status.message().find("layer conv1 (conv2d): stride: expected at least 1, found 0"), std::string::npos)
        << status.message();
    network = resnet20();
    network.layers[2].name = "conv1";
    status = infer_shapes(network, shapes);
    EXPECT_NE(status.message().find("name"), std::string::npos) << status.message();
}

TEST(NetworkJson, GivesBackTheNetwork) {
    Network network = resnet20();
    network.layers[4].weight_quantizer = {.method = Method::dsq, .operand = Operand::weights, .bits = 3};
    network.layers[4].input_quantizer = {.method = Method::pact_dsq, .bits = 4, .bounds = BoundsMode::moving_average};
    const std::string text = network_to_json(network);
    Network read;
    const Status status = network_from_json("here", text, read);
    ASSERT_TRUE(status.ok()) << status.message();
    EXPECT_EQ(network_to_json(read), text);
    EXPECT_EQ(read.layers[4].weight_quantizer.bits, 3);
    EXPECT_EQ(read.layers[4].input_quantizer.method, Method::pact_dsq);
}

TEST(NetworkJson, NamesTheKeyThatIsWrong) {
    Network network;
    const auto expect = [&](const std::string &text, const std::string &message) {
        const Status status = network_from_json("here", text, network);
        EXPECT_EQ(status.code(), ErrorCode::invalid_file);
        EXPECT_NE(status.message().find(message), std::string::npos) << status.message();
    };
    const std::string head = R"({"name": "n", "input": [1, 4, 4], "mean": [0], "deviation": [1], "layers": )";
    expect("{", "here: expected JSON");
    expect("[]", "here: expected an object");
    expect("{}", "here: expected a member 'name'");
    expect(head + "3}", "here, layers: expected an array, found 3");
    expect(head + "[3]}", "here, layers[0]: expected an object, found 3");
    expect(head + R"([{"name": "a", "operation": "convolve", "inputs": []}]})",
           "here, layers[0], operation: expected one of dsq's, found 'convolve'");
    expect(head + R"([{"name": "a", "operation": "input", "inputs": [], "stride": "two"}]})",
           "here, layers[0], stride: expected an integer from -10^9 to 10^9, found \"two\"");
    expect(head + R"([{"name": "a", "operation": "conv2d", "inputs": [], "input_quantizer": {"method": "dsq",
                      "bits": 9, "bounds": "learned", "bound_gradient": "soft"}}]})",
           "here, layers[0], input_quantizer, bits: expected 1 to 8, found 9");
}

TEST(Model, IsReadAsItWasWritten) {
    Network network = resnet20();
    network.layers[4].weight_quantizer.method = Method::dsq;
    const Model model = zeros(network);
    const std::string path = temporary("whole");
    ASSERT_TRUE(write_model(path, model).ok());
    Model read;
    const Status status = read_model(path, read);
    ASSERT_TRUE(status.ok()) << status.message();
    EXPECT_EQ(read.tensors, model.tensors);
    EXPECT_EQ(read.network.layers[4].weight_quantizer.lower, -1.0F);
    EXPECT_EQ(read.network.layers[4].weight_quantizer.alpha, 0.25F);
    std::filesystem::remove(path);
}

TEST(Model, NamesTheTensorThatIsWrong) {
    const std::string path = temporary("wrong");
    const auto expect = [&](const Model &model, const std::string &message) {
        ASSERT_TRUE(write_model(path, model).ok());
        Model read;
        const Status status = read_model(path, read);
        EXPECT_EQ(status.code(), ErrorCode::invalid_file);
        EXPECT_NE(status.message().find(path), std::string::npos) << status.message();
        EXPECT_NE(status.message().find(message), std::string::npos) << status.message();
    };
    Model model = zeros(resnet20());
    model.tensors.erase("layer2.0.conv1.weight");
    expect(model, "tensor layer2.0.conv1.weight: expected F32 [32, 16, 3, 3] for network resnet20, found none");
    model = zeros(resnet20());
    model.tensors["bn1.bias"] = make_tensor<float>({2}, std::vector<float>{0, 0});
    expect(model, "tensor bn1.bias: expected F32 [16], found F32 [2]");
    model = zeros(resnet20());
    model.tensors["extra"] = make_tensor<float>({1}, std::vector<float>{0});
    expect(model, "tensor extra [1]: network resnet20 has no such parameter");
    model = zeros(resnet20());
    model.network.layers[4].weight_quantizer.method = Method::dsq;
    model.tensors["layer1.0.conv1.weight_quantizer"] = make_tensor<float>({3}, std::vector<float>{1, 1, 0.2F});
    expect(model, "tensor layer1.0.conv1.weight_quantizer (l, u, alpha): upper = 1");
    std::filesystem::remove(path);
}

TEST(ImportParameters, TakesPyTorchsNames) {
    Model model = zeros(resnet20());
    TensorFile file;
    for (const auto &[name, tensor] : model.tensors) file.tensors["module." + name] = tensor;
    file.tensors["module.bn1.num_batches_tracked"] = make_tensor<std::int64_t>({}, std::vector<std::int64_t>{5});
    const std::string path = temporary("pytorch");
    ASSERT_TRUE(write_safetensors(path, file).ok());
    std::map<std::string, Tensor> tensors;
    Network network = resnet20();
    const Status status = import_parameters(path, network, tensors);
    ASSERT_TRUE(status.ok()) << status.message();
    EXPECT_EQ(tensors, model.tensors);
    EXPECT_EQ(network.mean, resnet20().mean);
    std::filesystem::remove(path);
}

}  // namespace
}  // namespace dsq::tests
