/// The parameters of a network as the kernels want them, with their gradients: one array each, so that an optimizer
/// sweeps over a whole group at once.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "dsq/quantizer.h"
#include "dsq/status.h"
#include "model/model.h"
#include "model/parameters.h"

namespace dsq {

/// Parameters that an optimizer treats alike. In memory one after the other, in this order.
enum class ParameterGroup {
    weights,
    scales_and_biases,  ///< gamma, beta, biases
    quantizers,         ///< l, u, alpha of each
    statistics,         ///< running mean and variance: no optimizer
};
constexpr int parameter_groups = 4;

class ParameterStore {
public:
    /// Takes the parameters of a model. A quantizer that the model has no tensor for is not ready: its start values
    /// come from what it quantizes. Error: invalid_argument where another tensor is missing or has the wrong size.
    Status open(const Model &model);

    /// The parameters in the layout and under the names of model files.
    std::map<std::string, Tensor> tensors() const;
    /// The network with its quantizers as they are now.
    const Network &network() const {
        return network_;
    }
    const std::vector<Shape> &shapes() const {
        return shapes_;
    }

    /// Of the parameter of a layer. Weights are [co, ci, kx, ky] (depthwise: [c, kx, ky]; linear: [out, in], `in` in
    /// the order of the image that it reads), the first index innermost.
    std::span<float> values(int layer, Role role);
    std::span<float> gradients(int layer, Role role);

    std::span<float> values(ParameterGroup group);
    std::span<float> gradients(ParameterGroup group);

    /// Of a layer that has it: l, u, alpha stand in both, the parameter and this.
    const Quantizer &quantizer(int layer, Operand operand) const;
    bool is_ready(int layer, Operand operand) const;
    /// Sets the start values, which makes it ready.
    void set_quantizer(int layer, const Quantizer &quantizer);

    /// After a step of the optimizer: every quantizer back into its range (project). Error: non_finite, naming it.
    Status project_quantizers();

    /// The first parameter that holds a NaN or an infinity, or an empty name; of values, or of gradients.
    std::string first_non_finite_value() const;
    std::string first_non_finite_gradient() const;

private:
    struct Entry {
        ParameterTensor tensor;
        std::size_t offset = 0;
        bool ready = true;
    };
    void arrange();
    Status take(const Entry &entry, const Tensor *tensor);
    const Shape &input_shape(const Layer &layer) const;
    int output_channels(const ParameterTensor &tensor) const;
    Quantizer &quantizer_of(const Entry &entry);
    const Entry &entry(int layer, Role role) const;
    std::string first_non_finite(const std::vector<float> &numbers) const;
    std::span<float> group(std::vector<float> &numbers, ParameterGroup group);

    Network network_;
    std::vector<Shape> shapes_;
    std::vector<Entry> entries_;
    std::map<std::pair<int, Role>, std::size_t> index_;
    std::size_t group_begin_[parameter_groups + 1] = {};
    std::vector<float> values_, gradients_;
};

}  // namespace dsq
