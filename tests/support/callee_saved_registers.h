// Whether a kernel gives back the registers that belong to its caller. On AArch64: d8 to d15, which an optimizer may
// keep values in over a call, and which only vector code can spoil.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace dsq::tests {

struct CheckedCall {
    int status;
    bool keeps_registers;
};

// Calls a kernel with marks in these registers. On other processors nothing is checked.
inline CheckedCall call_with_marked_registers(int (*kernel)(void **), void **arguments) {
#if defined(__aarch64__)
    const std::uint64_t marks[8] = {
        ~0x8ULL, ~0x9ULL << 32, ~0xaULL << 8, ~0xbULL << 16, ~0xcULL, ~0xdULL << 32, ~0xeULL << 8, ~0xfULL << 16};
    std::uint64_t found[8] = {};
    std::uint64_t status = 0;
    // All that a call may change is named, so the operands are in registers that it keeps.
    asm volatile(
        "ldp d8, d9, [%[marks]]\n"
        "ldp d10, d11, [%[marks], #16]\n"
        "ldp d12, d13, [%[marks], #32]\n"
        "ldp d14, d15, [%[marks], #48]\n"
        "mov x0, %[arguments]\n"
        "blr %[kernel]\n"
        "stp d8, d9, [%[found]]\n"
        "stp d10, d11, [%[found], #16]\n"
        "stp d12, d13, [%[found], #32]\n"
        "stp d14, d15, [%[found], #48]\n"
        "mov %[status], x0\n"
        : [status] "=r"(status)
        : [marks] "r"(marks), [found] "r"(found), [arguments] "r"(arguments), [kernel] "r"(kernel)
        : "x0",
          "x1",
          "x2",
          "x3",
          "x4",
          "x5",
          "x6",
          "x7",
          "x8",
          "x9",
          "x10",
          "x11",
          "x12",
          "x13",
          "x14",
          "x15",
          "x16",
          "x17",
          "x18",
          "x30",
          "v0",
          "v1",
          "v2",
          "v3",
          "v4",
          "v5",
          "v6",
          "v7",
          "v8",
          "v9",
          "v10",
          "v11",
          "v12",
          "v13",
          "v14",
          "v15",
          "v16",
          "v17",
          "v18",
          "v19",
          "v20",
          "v21",
          "v22",
          "v23",
          "v24",
          "v25",
          "v26",
          "v27",
          "v28",
          "v29",
          "v30",
          "v31",
          "cc",
          "memory");
    return {static_cast<int>(status), std::equal(std::begin(marks), std::end(marks), found)};
#else
    return {kernel(arguments), true};
#endif
}

}  // namespace dsq::tests
