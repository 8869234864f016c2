/// Where the tensors of a graph lie: each with the border that windows see, in one workspace that they share; the
/// logits in memory of the caller.
#pragma once

#include <cstddef>
#include <vector>

#include "compile/program_plan.h"
#include "model/integer_graph.h"

namespace dsq {

/// Where a tensor lies.
struct TensorPlace {
    Place place = Place::workspace;
    std::size_t offset = 0;  ///< of the first element of the first image, inside the border
    int border = 0;
};

class TensorPlaces {
public:
    /// For a valid graph, and `batch` images of a run.
    TensorPlaces(const IntegerGraph &graph, int batch);

    /// Error: invalid_argument, naming the tensor, where one takes more than 2^31 - 1 bytes. The others may be called
    /// where there was none.
    Status plan();

    const std::vector<TensorPlace> &places() const {
        return places_;
    }
    std::size_t workspace_bytes() const {
        return workspace_bytes_;
    }
    int border(int tensor) const {
        return borders_[static_cast<std::size_t>(tensor)];
    }
    /// Elements from a row, or from an image, to the next.
    int row_stride(int tensor) const;
    int image_stride(int tensor) const;

    /// A tensor as (c, x, y, n); with its border as an input of a window, without it as what is written.
    BufferPlan image(int tensor, int border = 0) const;
    /// As (i, n): each image one vector, (c, 1, 1, n) with `pixels`. For tensors without a border.
    BufferPlan flat(int tensor, bool with_pixels = false) const;
    /// The same, from the border's first element to its last.
    BufferPlan with_border(int tensor) const;

private:
    const IntegerTensor &tensor(int t) const {
        return graph_.tensors[static_cast<std::size_t>(t)];
    }
    std::size_t element_bytes(int t) const {
        return tensor(t).is_codes ? sizeof(std::int8_t) : sizeof(float);
    }
    Status check_size(int t) const;
    std::size_t border_elements(int t) const;
    BufferPlan memory(int t) const;

    const IntegerGraph &graph_;
    int batch_;
    std::vector<int> borders_;
    std::vector<TensorPlace> places_;
    std::size_t workspace_bytes_ = 0;
};

}  // namespace dsq
