/// A step of a run: one or more layers of the network that are computed at once.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "dsq/quantize.h"
#include "dsq/status.h"
#include "execute/gradient_plan.h"
#include "execute/parameter_store.h"
#include "execute/tensors.h"

namespace dsq {

enum class Mode {
    train,      ///< batch normalization by the statistics of the batch, which move the running ones
    evaluate,   ///< by the running ones
    calibrate,  ///< by those of the batch; quantizers that are not ready start from what they see
};

/// What quantizers give. Training, evaluation and deployment are hard; the soft function is what the gradient is of.
enum class Rounding { hard, soft };

struct Execution {
    Tensors &tensors;
    ParameterStore &parameters;
    Mode mode = Mode::evaluate;
    Rounding rounding = Rounding::hard;

    Status quantize(const Quantizer &quantizer, std::span<const float> x, std::span<float> values) const {
        return rounding == Rounding::hard ? quantize_values(quantizer, x, values) : quantize_soft(quantizer, x, values);
    }
};

class Step {
public:
    Step() = default;
    Step(const Step &) = delete;
    Step &operator=(const Step &) = delete;
    virtual ~Step() = default;

    virtual Status forward(Execution &execution) = 0;
    /// Says which gradients backward reads and writes.
    virtual void plan_backward(GradientPlan &plan) = 0;
    /// Writes the gradients of its inputs and parameters.
    virtual Status backward(Execution &execution) = 0;
};

}  // namespace dsq
