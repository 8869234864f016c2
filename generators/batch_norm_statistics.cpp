// Mean and variance of each channel over a batch. How it runs: schedules/batch_norm_statistics.h.
//
// The sums are of differences from the channel's first pixel, so that a mean that is large beside the deviation does
// not cancel.
#include "schedules/batch_norm_statistics.h"

namespace dsq::generators {
namespace {

using namespace Halide;

class BatchNormStatistics : public Generator<BatchNormStatistics> {
public:
    Input<Buffer<float, 4>> x{"x"};  // (c, x, y, n), at least one element

    Output<Buffer<float, 1>> mean{"mean"};          // (c)
    Output<Buffer<float, 1>> variance{"variance"};  // (c), of the population

    void generate() {
        const Expr width = x.dim(1).extent(), height = x.dim(2).extent(), batch = x.dim(3).extent();
        all = RDom(0, x.dim(0).extent(), 0, width, 0, height, 0, batch, "all");
        const Expr difference = x(all.x, all.y, all.z, all.w) - x(all.x, 0, 0, 0);
        partial(c, n) = Tuple(0.0f, 0.0f);
        partial(all.x, all.w) =
            Tuple(partial(all.x, all.w)[0] + difference, partial(all.x, all.w)[1] + difference * difference);

        images = RDom(0, batch, "images");
        totals(c) = Tuple(cast<double>(0), cast<double>(0));
        totals(c) = Tuple(totals(c)[0] + cast<double>(partial(c, images)[0]),
                          totals(c)[1] + cast<double>(partial(c, images)[1]));

        const Expr count = cast<double>(width) * cast<double>(height) * cast<double>(batch);
        const Expr shifted = totals(c)[0] / count;
        mean(c) = cast<float>(cast<double>(x(c, 0, 0, 0)) + shifted);
        variance(c) = cast<float>(max(totals(c)[1] / count - shifted * shifted, cast<double>(0)));
    }

    void schedule() {
        schedules::batch_norm_statistics({partial, totals, {mean, variance}, c, n, all, images}, get_target());
    }

private:
    Var c{"c"}, n{"n"};
    Func partial{"partial"}, totals{"totals"};
    RDom all, images;
};

}  // namespace
}  // namespace dsq::generators

HALIDE_REGISTER_GENERATOR(dsq::generators::BatchNormStatistics, batch_norm_statistics)
