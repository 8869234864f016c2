/// Runs a network on batches of images, forward and backward.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "execute/step_planner.h"

namespace dsq {

/// Of one batch.
struct BatchLoss {
    double loss = 0;  ///< mean over the images
    int correct = 0;  ///< images whose largest logit is that of their label
};

/// Memory is taken once, by open, but for what the first call of each mode takes. For one thread at a time; not to be
/// moved while it is open.
class Executor {
public:
    /// Error: invalid_argument where the model is not whole.
    Status open(const Model &model, int largest_batch);

    /// Images: count x height x width x channels, normalized as the network says. Error: invalid_argument also where a
    /// quantizer has no soft function.
    Status forward(std::span<const float> images, int count, Mode mode, Rounding rounding = Rounding::hard);
    /// Of the last forward pass, and its gradient by the logits. Labels below the number of logits.
    Status loss(std::span<const std::uint8_t> labels, float smoothing, BatchLoss &loss);
    /// After forward in mode train, and loss: the gradient of the mean loss by every parameter.
    Status backward();

    ParameterStore &parameters() {
        return parameters_;
    }
    /// Of the last forward pass: classes x count, the class innermost.
    std::span<const float> logits() const;
    /// Of the last forward pass: the output of a layer; no data where it was not kept.
    TensorView<const float> output(int layer) const;
    /// What it read, quantized; no data where its input is not.
    TensorView<const float> quantized_input(int layer) const;
    /// The model as it is now.
    Model model() const;
    /// The layer whose output first held a NaN or an infinity in the last forward pass; empty where none did.
    std::string first_non_finite_layer() const;
    /// Bytes of all tensors between the layers.
    std::size_t memory() const {
        return tensors_.bytes();
    }

private:
    TensorView<const float> view_of(int tensor) const;

    ParameterStore parameters_;
    Tensors tensors_;
    StepPlan plan_;
    std::vector<float> losses_;
    std::vector<std::int32_t> predictions_;
    int largest_batch_ = 0;
};

}  // namespace dsq
