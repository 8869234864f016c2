// The parameter-free shortcut: every stride-th pixel, its channels in the middle of more, which are zeros. How it runs:
// schedules/shortcut.h.
#include "schedules/shortcut.h"

namespace dsq::generators {
namespace {

using namespace Halide;

class Shortcut : public Generator<Shortcut> {
public:
    GeneratorParam<bool> parallel{"parallel", true};  // an image a task

    Input<Buffer<float, 4>> input{"input"};  // (c, x, y, n)
    Input<int> stride{"stride"};
    Input<int> padding{"padding"};  // channels of zeros before those of the input

    Output<Buffer<float, 4>> output{"output"};  // (c, x, y, n)

    void generate() {
        channels = RDom(0, input.dim(0).extent(), "channels");
        output(c, x, y, n) = 0.0f;
        output(padding + channels, x, y, n) = input(channels, x * stride, y * stride, n);
    }

    void schedule() {
        schedules::shortcut({output, c, n, channels, parallel}, get_target());
    }

private:
    Var c{"c"}, x{"x"}, y{"y"}, n{"n"};
    RDom channels;
};

}  // namespace
}  // namespace dsq::generators

HALIDE_REGISTER_GENERATOR(dsq::generators::Shortcut, shortcut)
