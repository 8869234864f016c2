#include "operators/add.h"

#include "dsq_add.h"
#include "operators/tensor_buffer.h"
#include "runtime/kernel_call.h"

namespace dsq {

Status add(TensorView<const float> first, TensorView<const float> second, TensorView<float> output) {
    const auto fits = [&](const TensorView<const float> &view) {
        return view.data != nullptr && view.channels == output.channels && view.width == output.width &&
               view.height == output.height && view.batch == output.batch;
    };
    if (!fits(first) || !fits(second) || output.data == nullptr) {
        return {ErrorCode::mismatched_buffers, "add: expected three tensors of the same extents"};
    }
    if (output.size() == 0) return {};
    return runtime::call_kernel("add", [&] { return dsq_add(buffer(first), buffer(second), buffer(output)); });
}

}  // namespace dsq
