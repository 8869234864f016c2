// A step of Adam, in place. How it runs: schedules/optimizer_step.h.
#include "schedules/optimizer_step.h"

namespace dsq::generators {
namespace {

using namespace Halide;

class AdamStep : public Generator<AdamStep> {
public:
    Input<Buffer<float, 1>> gradients{"gradients"};  // (i)
    Input<float> learning_rate{"learning_rate"};
    Input<float> beta1{"beta1"};
    Input<float> beta2{"beta2"};
    Input<float> epsilon{"epsilon"};
    Input<float> weight_decay{"weight_decay"};
    Input<float> first_correction{"first_correction"};    // 1 / (1 - beta1^step)
    Input<float> second_correction{"second_correction"};  // 1 / (1 - beta2^step)

    // (i): first moment, second moment, parameter; read and written
    Output<Buffer<void, 1>> state{"state", {Float(32), Float(32), Float(32)}};

    void generate() {
        r = RDom(0, gradients.dim(0).extent(), "r");
        state(i) = Tuple(undef<float>(), undef<float>(), undef<float>());
        const Expr parameter = state(r)[2];
        const Expr gradient = gradients(r) + weight_decay * parameter;
        const Expr first = beta1 * state(r)[0] + (1.0f - beta1) * gradient;
        const Expr second = beta2 * state(r)[1] + (1.0f - beta2) * (gradient * gradient);
        const Expr direction = first * first_correction / (sqrt(second * second_correction) + epsilon);
        state(r) = Tuple(first, second, parameter - learning_rate * direction);
    }

    void schedule() {
        schedules::optimizer_step({state, r}, get_target());
    }

private:
    Var i{"i"};
    RDom r;
};

}  // namespace
}  // namespace dsq::generators

HALIDE_REGISTER_GENERATOR(dsq::generators::AdamStep, adam_step)
