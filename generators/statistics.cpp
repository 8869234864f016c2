// What the clip bounds start from: minimum, maximum, sum and sum of squares of a tensor. How it runs:
// schedules/statistics.h.
#include "schedules/statistics.h"
#include "quantizer.h"
#include "sliced_domain.h"

namespace dsq::generators {
namespace {

using namespace Halide;

class Statistics : public Generator<Statistics> {
public:
    Input<Buffer<float, 1>> x{"x"};  // (i), at least one element

    Output<Buffer<double, 1>> moments{"moments"};  // (4): minimum, maximum, sum, sum of squares

    void generate() {
        domain.emplace(x.dim(0).extent());
        Var lane{"lane"}, once{"once"};
        const Expr l = domain->lane, e = x(domain->element), all = domain->all_partials;
        const Expr infinity = Expr(std::numeric_limits<float>::infinity());
        partial(lane) = Tuple(infinity, -infinity, 0.0f, 0.0f);
        partial(l) = Tuple(at_most(e, partial(l)[0]),
                           at_least(e, partial(l)[1]),
                           strict_float(partial(l)[2] + e),
                           strict_float(partial(l)[3] + e * e));
        totals(once) = Tuple(infinity, -infinity, cast<double>(0), cast<double>(0));
        totals(once) = Tuple(at_most(partial(all)[0], totals(once)[0]),
                             at_least(partial(all)[1], totals(once)[1]),
                             strict_float(totals(once)[2] + partial(all)[2]),
                             strict_float(totals(once)[3] + partial(all)[3]));
        moments(k) = mux(k, {cast<double>(totals(0)[0]), cast<double>(totals(0)[1]), totals(0)[2], totals(0)[3]});
    }

    void schedule() {
        schedules::statistics({partial, totals, moments, k, 4, domain->slices});
    }

private:
    Var k{"k"};
    Func partial{"partial"}, totals{"totals"};
    std::optional<SlicedDomain> domain;
};

}  // namespace
}  // namespace dsq::generators

HALIDE_REGISTER_GENERATOR(dsq::generators::Statistics, statistics)
