#include "operators/shortcut.h"

#include <string>

#include "dsq_shortcut.h"
#include "dsq_shortcut_backward.h"
#include "operators/tensor_buffer.h"
#include "operators/tensor_check.h"
#include "runtime/kernel_call.h"

namespace dsq {
namespace {

// `input` has no more channels than `output`, which has every stride-th of its pixels.
Status check(int stride, const NamedView &input, const NamedView &output) {
    if (stride < 1) {
        return {ErrorCode::invalid_argument, "stride = " + std::to_string(stride) + ": expected at least 1"};
    }
    if (Status status = check_tensor_views({input, output}); !status.ok()) return status;
    if (output.channels < input.channels) {
        return {ErrorCode::mismatched_buffers,
                std::string(output.name) + ": " + std::to_string(output.channels) + " channels, expected at least " +
                    std::to_string(input.channels) + " as " + input.name};
    }
    const auto taken = [&](int extent) { return extent / stride + (extent % stride != 0 ? 1 : 0); };
    return check_extents(output, {output.channels, taken(input.width), taken(input.height), input.batch}, input);
}

}  // namespace

Status shortcut(int stride, TensorView<const float> input, TensorView<float> output) {
    if (Status status = check(stride, {"input", input}, {"output", output}); !status.ok()) return status;
    if (output.size() == 0) return {};
    const int padding = (output.channels - input.channels) / 2;
    return runtime::call_kernel("shortcut",
                                [&] { return dsq_shortcut(buffer(input), stride, padding, buffer(output)); });
}

Status shortcut_backward(int stride, TensorView<const float> grad_output, TensorView<float> grad_input) {
    if (Status status = check(stride, {"grad_input", grad_input}, {"grad_output", grad_output}); !status.ok()) {
        return status;
    }
    if (grad_input.size() == 0) return {};
    const int padding = (grad_output.channels - grad_input.channels) / 2;
    return runtime::call_kernel("shortcut_backward", [&] {
        return dsq_shortcut_backward(buffer(grad_output), stride, padding, buffer(grad_input));
    });
}

}  // namespace dsq
