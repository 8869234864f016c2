/// Prints codes and values of a few numbers, quantized with 2 bits between -1 and 1.
#include <HalideBuffer.h>
#include <two_bit_codes.h>
#include <two_bit_values.h>

#include <cstdint>
#include <cstdio>

int main() {
    constexpr int count = 5;
    constexpr float lower = -1, upper = 1, levels = 3;
    float x[count] = {-2.0F, -0.5F, 0.1F, 0.6F, 7.0F}, values[count];
    std::uint8_t codes[count];
    Halide::Runtime::Buffer<float, 1> x_buffer(x, count), values_buffer(values, count);
    Halide::Runtime::Buffer<std::uint8_t, 1> codes_buffer(codes, count);
    if (two_bit_codes(x_buffer, lower, upper, levels, 0.2F, 2.0F, codes_buffer) != 0) return 1;
    if (two_bit_values(x_buffer, lower, upper, levels, 0.2F, 2.0F, values_buffer) != 0) return 1;
    for (int i = 0; i < count; ++i) std::printf("%d:%.2f ", codes[i], static_cast<double>(values[i]));
    return 0;
}
