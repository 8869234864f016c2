// A step of stochastic gradient descent with momentum, in place. How it runs: schedules/optimizer_step.h.
#include "schedules/optimizer_step.h"

namespace dsq::generators {
namespace {

using namespace Halide;

class SgdStep : public Generator<SgdStep> {
public:
    Input<Buffer<float, 1>> gradients{"gradients"};  // (i)
    Input<float> learning_rate{"learning_rate"};
    Input<float> momentum{"momentum"};
    Input<bool> nesterov{"nesterov"};
    Input<float> weight_decay{"weight_decay"};

    Output<Buffer<void, 1>> state{"state", {Float(32), Float(32)}};  // (i): velocity, parameter; read and written

    void generate() {
        r = RDom(0, gradients.dim(0).extent(), "r");
        state(i) = Tuple(undef<float>(), undef<float>());
        const Expr velocity = state(r)[0], parameter = state(r)[1];
        const Expr gradient = gradients(r) + weight_decay * parameter;
        const Expr next_velocity = momentum * velocity + gradient;
        const Expr direction = select(nesterov, gradient + momentum * next_velocity, next_velocity);
        state(r) = Tuple(next_velocity, parameter - learning_rate * direction);
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

HALIDE_REGISTER_GENERATOR(dsq::generators::SgdStep, sgd_step)
