#include "compile/layer_group.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "model/built_in.h"
#include "tests/support/tiny_model.h"

namespace dsq::tests {
namespace {

std::string name_of(const Network &network, int layer) {
    return layer == no_layer_index ? "none" : network.layers[static_cast<std::size_t>(layer)].name;
}

// "conv1: pool, norm, + residual, clamp" as they are found when all layers before the convolution have run.
std::string found(const Network &network, const std::string &convolution) {
    const auto layer = std::find_if(
        network.layers.begin(), network.layers.end(), [&](const Layer &l) { return l.name == convolution; });
    const int index = static_cast<int>(layer - network.layers.begin());
    const LayerGroup group = group_of(network, live_readers(network), index, [&](int other) { return other < index; });
    std::string text = name_of(network, group.max_pool) + ", " + name_of(network, group.batch_norm) + ", " +
                       name_of(network, group.residual) + ", " + name_of(network, group.clamp) + ": " +
                       name_of(network, group.end);
    EXPECT_EQ(group.absorbed.empty() ? index : group.absorbed.back(), group.end);
    return text;
}

Network built_in(const std::string &name) {
    Network network;
    const Status status = built_in_network(name, {3, 32, 32}, 10, network);
    EXPECT_TRUE(status.ok()) << status.message();
    return network;
}

TEST(LayerGroup, OfAResNet) {
    const Network network = built_in("resnet20");
    EXPECT_EQ(found(network, "conv1"), "none, bn1, none, relu1: relu1");
    EXPECT_EQ(found(network, "layer1.0.conv1"), "none, layer1.0.bn1, none, layer1.0.relu1: layer1.0.relu1");
    EXPECT_EQ(found(network, "layer1.0.conv2"), "none, layer1.0.bn2, relu1, layer1.0.relu2: layer1.0.relu2");
    EXPECT_EQ(found(network, "layer2.0.conv2"),
              "none, layer2.0.bn2, layer2.0.shortcut, layer2.0.relu2: layer2.0.relu2");
}

TEST(LayerGroup, OfTinyNetworks) {
    EXPECT_EQ(found(tiny_residual(), "two"), "none, norm2, skip, relu2: relu2");
    EXPECT_EQ(found(tiny_pooled(), "one"), "pool, norm1, none, clamp1: clamp1");
    EXPECT_EQ(found(tiny_depthwise(), "depthwise"), "none, norm1, none, relu1: relu1");
    EXPECT_EQ(found(tiny_depthwise(), "point"), "none, norm2, none, none: norm2");
}

TEST(LayerGroup, EndsWhereOthersRead) {
    Network network = tiny_residual();
    network.layers[7].inputs = {2};  // "skip" reads "norm", so that "relu" is not its only reader
    EXPECT_EQ(found(network, "first"), "none, norm, none, none: norm");
}

TEST(LayerGroup, AResidualMustBeThereAndAnotherTensor) {
    Network network = tiny_residual();
    const int two = 8;
    const auto readers = live_readers(network);
    const auto nothing = [](int) { return false; };
    EXPECT_EQ(name_of(network, group_of(network, readers, two, nothing).end), "norm2");
    network.layers[10].inputs = {9, 9};
    EXPECT_EQ(found(network, "two"), "none, norm2, none, none: norm2");
}

TEST(LayerGroup, PoolsInFrontOfABatchNormAlone) {
    Network network = tiny_pooled();
    network.layers[6].operation = Operation::relu;
    EXPECT_EQ(found(network, "one"), "none, none, none, none: one");
}

TEST(LiveReaders, AreThoseThatLeadToTheLastLayer) {
    Network network = tiny_residual();
    const std::vector<std::vector<int>> readers = live_readers(network);
    EXPECT_EQ(readers[3], (std::vector<int>{4, 7}));
    EXPECT_EQ(readers[9], (std::vector<int>{10}));
    EXPECT_TRUE(readers.back().empty());
    network.layers.back().inputs = {3};
    const std::vector<std::vector<int>> short_cut = live_readers(network);
    EXPECT_EQ(short_cut[3], (std::vector<int>{13}));
    EXPECT_TRUE(short_cut[9].empty());
}

}  // namespace
}  // namespace dsq::tests
