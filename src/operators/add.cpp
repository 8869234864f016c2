#include "operators/add.h"

#include "dsq_add.h"
#include "operators/tensor_buffer.h"
#include "operators/tensor_check.h"
#include "runtime/kernel_call.h"

namespace dsq {

Status add(TensorView<const float> first, TensorView<const float> second, TensorView<float> output) {
    const NamedView cause{"first", first};
    Status status = check_tensor_views({cause, {"second", second}, {"output", output}});
    const Extents extents{first.channels, first.width, first.height, first.batch};
    if (status.ok()) status = check_extents({"second", second}, extents, cause);
    if (status.ok()) status = check_extents({"output", output}, extents, cause);
    if (!status.ok() || output.size() == 0) return status;
    return runtime::call_kernel("add", [&] { return dsq_add(buffer(first), buffer(second), buffer(output)); });
}

}  // namespace dsq
