// The sum of two tensors. How it runs: schedules/image_sweep.h.
#include "schedules/image_sweep.h"

namespace dsq::generators {
namespace {

using namespace Halide;

class Add : public Generator<Add> {
public:
    Input<Buffer<float, 4>> first{"first"};    // (c, x, y, n)
    Input<Buffer<float, 4>> second{"second"};  // (c, x, y, n)
    Output<Buffer<float, 4>> sum{"sum"};       // (c, x, y, n)

    void generate() {
        sum(c, x, y, n) = first(c, x, y, n) + second(c, x, y, n);
    }
    void schedule() {
        schedules::image_sweep({sum, c, n}, get_target());
    }

private:
    Var c{"c"}, x{"x"}, y{"y"}, n{"n"};
};

}  // namespace
}  // namespace dsq::generators

HALIDE_REGISTER_GENERATOR(dsq::generators::Add, add)
