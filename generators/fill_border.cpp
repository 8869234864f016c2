// The border of every image of a tensor. An image, border included, is one run of elements: whole rows above and below,
// and between them the gaps where one row's right border meets the next one's left. How it runs:
// schedules/fill_border.h.
#include "schedules/fill_border.h"

namespace dsq::generators {
namespace {

using namespace Halide;

class FillBorder : public Generator<FillBorder> {
public:
    GeneratorParam<Type> type{"type", Float(32)};     // of the elements
    GeneratorParam<bool> parallel{"parallel", true};  // an image a task

    Input<int> row{"row"};        // elements of a row with its border
    Input<int> height{"height"};  // rows of an image without the border
    Input<int> border{"border"};  // rows above and below
    Input<int> margin{"margin"};  // elements left and right of a row

    Output<Buffer<void, 2>> tensor{"tensor"};  // (position in an image, n)

    void configure() {
        value = add_input<Expr>("value", type);
        tensor.set_type(type);
    }

    void generate() {
        bands = RDom(0, border * row, 0, 2, "bands");
        gaps = RDom(0, 2 * margin, 0, height + 1, "gaps");
        tensor(i, n) = undef(type);
        tensor(bands.y * (border + height) * row + bands.x, n) = *value;
        tensor((border + gaps.y) * row - margin + gaps.x, n) = *value;
    }

    void schedule() {
        schedules::fill_border({tensor, n, bands, gaps, parallel}, get_target());
    }

private:
    Input<Expr> *value = nullptr;
    Var i{"i"}, n{"n"};
    RDom bands, gaps;
};

}  // namespace
}  // namespace dsq::generators

HALIDE_REGISTER_GENERATOR(dsq::generators::FillBorder, fill_border)
