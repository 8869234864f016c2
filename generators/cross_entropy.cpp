// Softmax and cross-entropy against smoothed labels: loss and prediction of each image, and the gradient of its logits.
// How it runs: schedules/cross_entropy.h.
//
// With z = logit - the largest one, S = sum of exp(z) and the wanted t = (1 - smoothing) [k = label] + smoothing / K:
//   loss = log S - (1 - smoothing) z(label) - smoothing / K sum of z,   gradient = (exp(z) / S - t) / batch
// Comparisons are strict, so that a NaN is never the largest; a z that is NaN (of a NaN, or of an infinite logit) makes
// the loss and the gradient of its image NaN.
#include "schedules/cross_entropy.h"
#include "quantizer.h"

#include <limits>

namespace dsq::generators {
namespace {

using namespace Halide;

class CrossEntropy : public Generator<CrossEntropy> {
public:
    GeneratorParam<bool> gradient{"gradient", false};

    Input<Buffer<float, 2>> logits{"logits"};    // (k, n)
    Input<Buffer<uint8_t, 1>> labels{"labels"};  // (n)
    Input<float> smoothing{"smoothing"};         // in [0, 1)

    Output<Buffer<float, 1>> losses{"losses"};              // (n)
    Output<Buffer<int32_t, 1>> predictions{"predictions"};  // (n)

    void configure() {
        if (gradient) grad_logits = add_output<Buffer<float, 2>>("grad_logits");  // (k, n)
    }

    void generate() {
        const Expr count = logits.dim(0).extent();
        r = RDom(0, count, "r");
        largest(n) = -std::numeric_limits<float>::infinity();
        largest(n) = at_least(logits(r, n), largest(n));

        const Expr z = shifted(r, n), zero = cast<double>(0), is_largest = strict_float(logits(r, n) == largest(n));
        sums(n) = Tuple(zero, zero, cast<bool>(false), count);
        sums(n) = Tuple(sums(n)[0] + cast<double>(exponential(z)),
                        sums(n)[1] + cast<double>(z),
                        sums(n)[2] || is_nan(z),
                        min(sums(n)[3], select(is_largest, r, count)));

        const Expr label = clamp(cast<int32_t>(labels(n)), 0, count - 1);
        const Expr uniform = smoothing / cast<float>(count);
        const Expr smoothed = select(smoothing > 0.0f, uniform * cast<float>(sums(n)[1]), 0.0f);
        const Expr total = cast<float>(sums(n)[0]);
        losses(n) = or_nan(log(total) - (1.0f - smoothing) * shifted(label, n) - smoothed);
        predictions(n) = sums(n)[3] % count;  // 0 where all are NaN
        if (gradient) {
            const Expr wanted = select(k == label, 1.0f - smoothing, 0.0f) + uniform;
            (*grad_logits)(k, n) =
                or_nan((exponential(shifted(k, n)) / total - wanted) / cast<float>(logits.dim(1).extent()));
        }
    }

    void schedule() {
        std::vector<Func> outputs{losses, predictions};
        if (gradient) outputs.push_back(*grad_logits);
        schedules::cross_entropy({largest, sums, outputs, n, r}, get_target());
    }

private:
    Expr shifted(const Expr &class_index, const Expr &image) {
        return strict_float(logits(class_index, image) - largest(image));
    }
    // Below -80 it is nothing beside the largest, and stays a normal number.
    static Expr exponential(const Expr &z) {
        return exp(at_least(z, -80.0f));
    }
    Expr or_nan(const Expr &value) {
        return strict_float(select(sums(n)[2], std::numeric_limits<float>::quiet_NaN(), value));
    }

    Var k{"k"}, n{"n"};
    RDom r;
    Func largest{"largest"}, sums{"sums"};
    Output<Buffer<float, 2>> *grad_logits = nullptr;
};

}  // namespace
}  // namespace dsq::generators

HALIDE_REGISTER_GENERATOR(dsq::generators::CrossEntropy, cross_entropy)
