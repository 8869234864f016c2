#include "operators/border.h"

#include "dsq_fill_border.h"
#include "operators/tensor_buffer.h"
#include "operators/tensor_check.h"
#include "runtime/kernel_call.h"

namespace dsq {

Status fill_border(TensorView<float> tensor, float value) {
    if (Status status = check_tensor_views({{"tensor", tensor}}); !status.ok()) return status;
    if (tensor.border == 0 || tensor.storage() == 0) return {};
    const int image = static_cast<int>(tensor.image_stride()), row = static_cast<int>(tensor.row_stride());
    Halide::Runtime::Buffer<float, 2> images(tensor.data - tensor.origin(), image, tensor.batch);
    return runtime::call_kernel("fill_border", [&] {
        return dsq_fill_border(row, tensor.height, tensor.border, tensor.border * tensor.channels, value, images);
    });
}

}  // namespace dsq
