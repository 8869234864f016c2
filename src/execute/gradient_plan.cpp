#include "execute/gradient_plan.h"

#include <algorithm>
#include <utility>

namespace dsq {

int GradientPlan::take(const Shape &shape, int border) {
    const Geometry wanted{shape.channels, shape.width, shape.height, border};
    int gradient;
    if (const auto found = free_.find(wanted); found != free_.end()) {
        gradient = found->second;
        free_.erase(found);
    } else {
        gradient = tensors_.add(shape);
        tensors_.widen_border(gradient, border);
    }
    uses_[gradient] = 1;
    of_this_step_.push_back(gradient);
    return gradient;
}

int GradientPlan::take_for(int tensor) {
    return take(tensors_.shape(tensor), border(tensor));
}

void GradientPlan::contribute(int tensor, int gradient) {
    contributions_[tensor].push_back(gradient);
    ++uses_[gradient];
}

int GradientPlan::of(int tensor) {
    const std::vector<int> parts = std::move(contributions_[tensor]);
    contributions_.erase(tensor);
    of_this_step_.insert(of_this_step_.end(), parts.begin(), parts.end());
    if (parts.empty()) return no_tensor;
    int sum = parts.front();
    for (std::size_t i = 1; i < parts.size(); ++i) {
        const int target = take_for(tensor);
        sums_.push_back({sum, parts[i], target});
        sum = target;
    }
    return sum;
}

void GradientPlan::need_border(int tensor, int border) {
    borders_[tensor] = std::max(borders_[tensor], border);
}

int GradientPlan::border(int tensor) const {
    const auto found = borders_.find(tensor);
    return found == borders_.end() ? 0 : found->second;
}

std::vector<GradientSum> GradientPlan::end_step() {
    for (const int gradient : of_this_step_) {
        if (--uses_[gradient] == 0) free_.emplace(geometry(gradient), gradient);
    }
    of_this_step_.clear();
    return std::exchange(sums_, {});
}

GradientPlan::Geometry GradientPlan::geometry(int gradient) const {
    const Shape &shape = tensors_.shape(gradient);
    return {shape.channels, shape.width, shape.height, tensors_.border(gradient)};
}

}  // namespace dsq
