/// The integers that an operand of a product takes.
#pragma once

namespace dsq {

/// All integers from low to high.
struct CodeRange {
    int low = 0;
    int high = 0;

    bool operator==(const CodeRange &) const = default;
};

/// What kernels make of the codes 0 .. 2^bits - 1 (bits: 1 to 8): shifted around zero, where products are smallest.
constexpr CodeRange shifted_range(int bits) {
    const int half = 1 << (bits - 1);
    return {-half, half - 1};
}

/// What an integer of this many bits in two's complement holds (bits: 1 to 31).
constexpr CodeRange signed_range(int bits) {
    const int largest = static_cast<int>((1U << (bits - 1)) - 1U);
    return {-largest - 1, largest};
}

}  // namespace dsq
