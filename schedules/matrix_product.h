// How a product of matrices runs: a tile of it stays in registers for the whole sum.
#pragma once

#include <Halide.h>

namespace dsq::schedules {

struct MatrixProductStages {
    Halide::Func product, sum;  // (i, j)
    Halide::Func packed;        // (i, k)
    Halide::Var i, j, k;
    Halide::RDom r;            // k
    Halide::Expr left_stride;  // between rows of the left matrix
};

inline void matrix_product(MatrixProductStages s, const Halide::Target &target) {
    using Halide::TailStrategy;
    const int lanes = target.natural_vector_size<float>();
    // Two vectors of rows by so many columns: with their operands they fill the registers.
    const int rows = 2 * lanes, columns = target.has_feature(Halide::Target::AVX512) ? 8 : 4;
    // Columns of a task: often enough to be worth packing the rows, few enough for several threads.
    constexpr int task_columns = 64;

    Halide::Var block{"block"}, vector{"vector"}, tile{"tile"}, chunk{"chunk"}, task{"task"};
    s.product.split(s.i, block, s.i, rows, TailStrategy::GuardWithIf)
        .split(s.i, vector, s.i, lanes)
        .split(s.j, chunk, s.j, task_columns, TailStrategy::GuardWithIf)
        .split(s.j, tile, s.j, columns, TailStrategy::GuardWithIf)
        .reorder(s.i, vector, s.j, tile, block, chunk)
        .vectorize(s.i)
        .unroll(vector)
        .unroll(s.j)
        .fuse(block, chunk, task)
        .parallel(task);
    s.product.specialize(s.product.output_buffer().dim(0).stride() == 1);
    s.sum.compute_at(s.product, tile)
        .store_in(Halide::MemoryType::Register)
        .bound_extent(s.i, rows)
        .bound_extent(s.j, columns)
        .split(s.i, vector, s.i, lanes)
        .vectorize(s.i)
        .unroll(vector)
        .unroll(s.j);
    s.sum.update()
        .split(s.i, vector, s.i, lanes)
        .reorder(s.i, vector, s.j, s.r)
        .vectorize(s.i)
        .unroll(vector)
        .unroll(s.j);
    // The rows of a task, one after the other as the sum reads them.
    s.packed.compute_at(s.product, task).bound_extent(s.i, rows).vectorize(s.i, lanes);
    s.packed.specialize(s.left_stride == 1);
}

}  // namespace dsq::schedules
