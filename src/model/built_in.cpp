#include "model/built_in.h"

#include <utility>

namespace dsq {
namespace {

// Adds layers one after the other, and remembers the last.
class Builder {
public:
    explicit Builder(Network &network) : network_(network) {
        add({.name = "input", .operation = Operation::input});
    }

    int last() const {
        return static_cast<int>(network_.layers.size()) - 1;
    }
    int add(Layer layer) {
        network_.layers.push_back(std::move(layer));
        return last();
    }
    int conv2d(const std::string &name, int from, int channels, int kernel, int stride) {
        return add({.name = name,
                    .operation = Operation::conv2d,
                    .inputs = {from},
                    .channels = channels,
                    .kernel = kernel,
                    .stride = stride});
    }
    int follow(const std::string &name, Operation operation) {
        return add({.name = name, .operation = operation, .inputs = {last()}});
    }
    int pool(const std::string &name, int kernel, int stride, int padding) {
        return add({.name = name,
                    .operation = Operation::max_pool,
                    .inputs = {last()},
                    .kernel = kernel,
                    .stride = stride,
                    .padding = padding});
    }
    int linear(const std::string &name, int classes) {
        return add({.name = name, .operation = Operation::linear, .inputs = {last()}, .channels = classes});
    }

private:
    Network &network_;
};

enum class Shortcut { parameter_free, projection };

// Two 3x3 convolutions beside a shortcut (He et al. 2016, figure 2).
void add_basic_block(Builder &builder, const std::string &name, int channels, int stride, Shortcut kind) {
    const int input = builder.last();
    builder.conv2d(name + ".conv1", input, channels, 3, stride);
    builder.follow(name + ".bn1", Operation::batch_norm);
    const int middle = builder.follow(name + ".relu1", Operation::relu);
    int residual = input;
    if (stride != 1 && kind == Shortcut::parameter_free) {
        residual = builder.add({.name = name + ".shortcut",
                                .operation = Operation::shortcut,
                                .inputs = {input},
                                .channels = channels,
                                .stride = stride});
    } else if (stride != 1) {
        builder.conv2d(name + ".downsample.0", input, channels, 1, stride);
        residual = builder.follow(name + ".downsample.1", Operation::batch_norm);
    }
    builder.conv2d(name + ".conv2", middle, channels, 3, 1);
    const int branch = builder.follow(name + ".bn2", Operation::batch_norm);
    builder.add({.name = name + ".add", .operation = Operation::add, .inputs = {branch, residual}});
    builder.follow(name + ".relu2", Operation::relu);
}

void add_stage(Builder &builder, int stage, int blocks, int channels, Shortcut kind) {
    for (int block = 0; block < blocks; ++block) {
        const std::string name = "layer" + std::to_string(stage) + "." + std::to_string(block);
        add_basic_block(builder, name, channels, stage > 1 && block == 0 ? 2 : 1, kind);
    }
}

void build_cifar_resnet(Network &network, int depth, int classes) {
    Builder builder(network);
    builder.conv2d("conv1", builder.last(), 16, 3, 1);
    builder.follow("bn1", Operation::batch_norm);
    builder.follow("relu1", Operation::relu);
    for (int stage = 1; stage <= 3; ++stage) {
        add_stage(builder, stage, (depth - 2) / 6, 8 << stage, Shortcut::parameter_free);
    }
    builder.follow("avgpool", Operation::global_average_pool);
    builder.linear("linear", classes);
}

void build_imagenet_resnet(Network &network, int depth, int classes) {
    Builder builder(network);
    builder.conv2d("conv1", builder.last(), 64, 7, 2);
    builder.follow("bn1", Operation::batch_norm);
    builder.follow("relu1", Operation::relu);
    builder.pool("maxpool", 3, 2, 1);
    const int blocks_18[] = {2, 2, 2, 2}, blocks_34[] = {3, 4, 6, 3};
    for (int stage = 1; stage <= 4; ++stage) {
        const int blocks = (depth == 18 ? blocks_18 : blocks_34)[stage - 1];
        add_stage(builder, stage, blocks, 32 << stage, Shortcut::projection);
    }
    builder.follow("avgpool", Operation::global_average_pool);
    builder.linear("fc", classes);
}

void build_vgg_small(Network &network, int classes) {
    Builder builder(network);
    int index = 0;
    for (const int channels : {128, 256, 512}) {
        for (int half = 0; half < 2; ++half) {
            const std::string number = std::to_string(index++);
            builder.conv2d("conv" + number, builder.last(), channels, 3, 1);
            if (half == 1) builder.pool("pool" + number, 2, 2, 0);
            builder.follow("bn" + number, Operation::batch_norm);
            builder.follow("relu" + number, Operation::relu);
        }
    }
    builder.linear("fc", classes);
}

}  // namespace

Status built_in_network(std::string_view name, const Shape &input, int classes, Network &network) {
    Network built;
    built.name = name;
    built.input = input;
    built.mean.assign(static_cast<std::size_t>(input.channels), 0.0F);
    built.deviation.assign(static_cast<std::size_t>(input.channels), 1.0F);
    if (name == "resnet20" || name == "resnet32" || name == "resnet44" || name == "resnet56") {
        build_cifar_resnet(built, std::stoi(std::string(name.substr(6))), classes);
    } else if (name == "resnet18" || name == "resnet34") {
        build_imagenet_resnet(built, std::stoi(std::string(name.substr(6))), classes);
    } else if (name == "vgg_small") {
        build_vgg_small(built, classes);
    } else {
        return {ErrorCode::invalid_argument,
                "network '" + std::string(name) +
                    "': expected resnet20, resnet32, resnet44, resnet56, resnet18, resnet34 or vgg_small"};
    }
    std::vector<Shape> shapes;
    if (Status status = infer_shapes(built, shapes); !status.ok()) return status;
    network = std::move(built);
    return {};
}

}  // namespace dsq
