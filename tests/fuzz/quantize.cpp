// What lowering needs of the quantizers, in plain C++: without Halide's kernels a fuzzer is built in a minute, and all
// of it is instrumented.
#include "dsq/quantize.h"

#include <algorithm>

#include "tests/reference/quantizer.h"

namespace dsq {

Status quantize_codes(const Quantizer &quantizer, std::span<const float> x, std::span<std::uint8_t> codes) {
    if (Status status = validate(quantizer); !status.ok()) return status;
    std::ranges::transform(x, codes.begin(), [&](float element) {
        return static_cast<std::uint8_t>(reference::code(quantizer, element));
    });
    return {};
}

Status quantize_values(const Quantizer &quantizer, std::span<const float> x, std::span<float> values) {
    if (Status status = validate(quantizer); !status.ok()) return status;
    std::ranges::transform(x, values.begin(), [&](float element) { return reference::value(quantizer, element); });
    return {};
}

}  // namespace dsq
