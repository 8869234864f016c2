#include "model/parameters.h"

namespace dsq {
namespace {

class List {
public:
    List(std::vector<ParameterTensor> &tensors, const Layer &layer, int index)
        : tensors_(tensors), layer_(layer), index_(index) {
    }
    void add(const char *name, Role role, std::vector<std::int64_t> shape) {
        tensors_.push_back({layer_.name + "." + name, role, index_, std::move(shape)});
    }
    void add_quantizers() {
        if (is_quantized(layer_.weight_quantizer)) add("weight_quantizer", Role::weight_quantizer, {3});
        if (is_quantized(layer_.input_quantizer)) add("input_quantizer", Role::input_quantizer, {3});
    }

private:
    std::vector<ParameterTensor> &tensors_;
    const Layer &layer_;
    int index_;
};

}  // namespace

std::size_t ParameterTensor::size() const {
    std::size_t product = 1;
    for (const std::int64_t extent : shape) product *= static_cast<std::size_t>(extent);
    return product;
}

std::vector<ParameterTensor> parameter_tensors(const Network &network, const std::vector<Shape> &shapes) {
    std::vector<ParameterTensor> tensors;
    for (std::size_t i = 1; i < network.layers.size(); ++i) {
        const Layer &layer = network.layers[i];
        const Shape &in = shapes[static_cast<std::size_t>(layer.inputs[0])], &out = shapes[i];
        List list(tensors, layer, static_cast<int>(i));
        switch (layer.operation) {
            case Operation::conv2d:
                list.add("weight", Role::weight, {out.channels, in.channels, layer.kernel, layer.kernel});
                break;
            case Operation::depthwise_conv2d:
                list.add("weight", Role::weight, {out.channels, 1, layer.kernel, layer.kernel});
                break;
            case Operation::linear:
                list.add("weight", Role::weight, {out.channels, std::int64_t{in.channels} * in.width * in.height});
                list.add("bias", Role::bias, {out.channels});
                break;
            case Operation::batch_norm:
                list.add("weight", Role::gamma, {out.channels});
                list.add("bias", Role::beta, {out.channels});
                list.add("running_mean", Role::running_mean, {out.channels});
                list.add("running_var", Role::running_variance, {out.channels});
                break;
            default:
                break;
        }
        list.add_quantizers();
    }
    return tensors;
}

}  // namespace dsq
