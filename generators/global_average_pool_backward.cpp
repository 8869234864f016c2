// The gradient of the mean over an image: each pixel has its share. How it runs: schedules/image_sweep.h.
#include "schedules/image_sweep.h"

namespace dsq::generators {
namespace {

using namespace Halide;

class GlobalAveragePoolBackward : public Generator<GlobalAveragePoolBackward> {
public:
    Input<Buffer<float, 4>> grad_output{"grad_output"};  // (c, 1, 1, n)
    Output<Buffer<float, 4>> grad_input{"grad_input"};   // (c, x, y, n)

    void generate() {
        const Expr pixels = grad_input.dim(1).extent() * grad_input.dim(2).extent();
        grad_input(c, x, y, n) = grad_output(c, 0, 0, n) / cast<float>(pixels);
    }

    void schedule() {
        schedules::image_sweep({grad_input, c, n}, get_target());
    }

private:
    Var c{"c"}, x{"x"}, y{"y"}, n{"n"};
};

}  // namespace
}  // namespace dsq::generators

HALIDE_REGISTER_GENERATOR(dsq::generators::GlobalAveragePoolBackward, global_average_pool_backward)
