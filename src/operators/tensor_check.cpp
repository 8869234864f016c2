#include "operators/tensor_check.h"

#include <limits>
#include <string>

namespace dsq {
namespace {

std::string text(int channels, int width, int height, int batch) {
    return std::to_string(channels) + "x" + std::to_string(width) + "x" + std::to_string(height) + "x" +
           std::to_string(batch);
}

std::string text(const NamedView &tensor) {
    return std::string(tensor.name) + " " + text(tensor.channels, tensor.width, tensor.height, tensor.batch);
}

bool is_countable(const NamedView &tensor) {
    if (tensor.channels < 0 || tensor.width < 0 || tensor.height < 0 || tensor.batch < 0 || tensor.border < 0) {
        return false;
    }
    double elements = tensor.channels;
    elements *= tensor.width + 2.0 * tensor.border;
    elements *= tensor.height + 2.0 * tensor.border;
    elements *= tensor.batch;
    return elements <= std::numeric_limits<int>::max();
}

}  // namespace

Status check_tensor_views(std::initializer_list<NamedView> tensors) {
    for (const NamedView &tensor : tensors) {
        if (tensor.data == nullptr) {
            return {ErrorCode::mismatched_buffers, std::string(tensor.name) + ": a null pointer"};
        }
        if (!is_countable(tensor)) {
            return {ErrorCode::mismatched_buffers,
                    text(tensor) + ", border " + std::to_string(tensor.border) +
                        ": expected no negative extent and at most " + std::to_string(std::numeric_limits<int>::max()) +
                        " elements"};
        }
    }
    return {};
}

Status check_extents(const NamedView &tensor, const Extents &expected, const NamedView &cause) {
    if (tensor.channels == expected.channels && tensor.width == expected.width && tensor.height == expected.height &&
        tensor.batch == expected.batch) {
        return {};
    }
    return {ErrorCode::mismatched_buffers,
            text(tensor) + ": expected " + text(expected.channels, expected.width, expected.height, expected.batch) +
                " for " + text(cause)};
}

}  // namespace dsq
