// product = bias + left right, float32, of matrices with any strides: all that a fully connected layer computes. How it
// runs: schedules/matrix_product.h.
#include "schedules/matrix_product.h"

namespace dsq::generators {
namespace {

using namespace Halide;

class MatrixProduct : public Generator<MatrixProduct> {
public:
    Input<Buffer<float, 2>> left{"left"};         // (i, k)
    Input<Buffer<float, 2>> right{"right"};       // (k, j)
    Input<Buffer<float, 1>> bias{"bias"};         // (i)
    Output<Buffer<float, 2>> product{"product"};  // (i, j)

    void generate() {
        const Expr rows = left.dim(0).extent(), columns = right.dim(1).extent();
        // A tile at the edge computes sums beyond it, of what is there, and nobody reads them.
        packed(i, k) = left(min(likely(i), rows - 1), k);
        r = RDom(0, left.dim(1).extent(), "r");
        sum(i, j) = 0.0f;
        sum(i, j) += packed(i, r) * right(r, min(j, columns - 1));
        product(i, j) = bias(i) + sum(i, j);
    }

    void schedule() {
        // Each may be transposed, and a bias may be one number for all.
        left.dim(0).set_stride(Expr());
        right.dim(0).set_stride(Expr());
        bias.dim(0).set_stride(Expr());
        product.dim(0).set_stride(Expr());
        schedules::matrix_product({product, sum, packed, i, j, k, r, left.dim(0).stride()}, get_target());
    }

private:
    Var i{"i"}, j{"j"}, k{"k"};
    RDom r;
    Func packed{"packed"}, sum{"sum"};
};

}  // namespace
}  // namespace dsq::generators

HALIDE_REGISTER_GENERATOR(dsq::generators::MatrixProduct, matrix_product)
