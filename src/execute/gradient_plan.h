/// Where the gradients of tensors are kept. Planned once, from the last step to the first; memory is used again as soon
/// as a gradient has been read for the last time.
#pragma once

#include <map>
#include <vector>

#include "execute/tensors.h"

namespace dsq {

/// target = first + second, before a step of the backward pass.
struct GradientSum {
    int first, second, target;
};

constexpr int no_tensor = -1;

class GradientPlan {
public:
    explicit GradientPlan(Tensors &tensors) : tensors_(tensors) {
    }

    /// A tensor to write a gradient to, of this shape. Its border holds 0.
    int take(const Shape &shape, int border);
    /// One for a part of the gradient of `tensor`.
    int take_for(int tensor);
    /// States that `gradient` holds a part of the gradient of `tensor`.
    void contribute(int tensor, int gradient);
    /// The gradient of a tensor: the sum of what was contributed, or no_tensor where nothing was.
    int of(int tensor);

    /// The width of the border that the gradient of `tensor` must have.
    void need_border(int tensor, int border);
    int border(int tensor) const;

    /// Ends a step: what it took and read is free, unless it was contributed. Returns the sums to do before the step.
    std::vector<GradientSum> end_step();

private:
    struct Geometry {
        int channels, width, height, border;
        auto operator<=>(const Geometry &) const = default;
    };
    Geometry geometry(int gradient) const;

    Tensors &tensors_;
    std::map<int, std::vector<int>> contributions_;
    std::map<int, int> borders_;
    std::map<int, int> uses_;
    std::multimap<Geometry, int> free_;
    std::vector<int> of_this_step_;
    std::vector<GradientSum> sums_;
};

}  // namespace dsq
