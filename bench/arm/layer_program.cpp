// Runs the kernel dsq_layer, made for one layer, on the operands that plan_layer wrote. For Arm, linked statically.
//
//   layer_program FOLDER CHANNELS SIZE LEVELS ACCUMULATOR_BITS CALLS [--check]
//
// Calls the kernel so many times; with --check compares the codes with the expected ones.
#include <HalideRuntime.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <string>
#include <vector>

extern "C" int dsq_layer_argv(void **arguments);

namespace {

// At the start of a line of the cache, as a compiled model has them.
struct Bytes {
    std::uint8_t *data;
    std::size_t size;

    explicit Bytes(std::size_t count)
        : data(static_cast<std::uint8_t *>(std::aligned_alloc(64, (count + 127) / 64 * 64))), size(count) {
    }
};

Bytes read(const std::string &path) {
    std::ifstream file(path, std::ios::binary);
    const std::string content(std::istreambuf_iterator<char>(file), {});
    if (content.empty()) {
        std::fprintf(stderr, "layer_program: %s: no data\n", path.c_str());
        std::exit(1);
    }
    Bytes bytes(content.size());
    std::memcpy(bytes.data, content.data(), content.size());
    return bytes;
}

// Dense, innermost dimension first.
struct Buffer {
    std::vector<halide_dimension_t> dimensions;
    halide_buffer_t buffer{};

    Buffer(std::uint8_t *data, int bits, std::initializer_list<int> extents, int border = 0) {
        int stride = 1;
        for (const int extent : extents) {
            const bool is_spatial = dimensions.size() == 1 || dimensions.size() == 2;
            dimensions.emplace_back(is_spatial ? -border : 0, extent, stride);
            stride *= extent;
        }
        buffer.host = data;
        buffer.type = halide_type_t(halide_type_int, static_cast<std::uint8_t>(bits));
        buffer.dimensions = static_cast<int>(dimensions.size());
        buffer.dim = dimensions.data();
    }
    Buffer(const Buffer &) = delete;
    Buffer &operator=(const Buffer &) = delete;
};

int check(const Bytes &codes, const std::string &folder) {
    const Bytes expected = read(folder + "/expected");
    std::size_t differing = 0;
    for (std::size_t i = 0; i < codes.size; ++i) differing += codes.data[i] != expected.data[i];
    if (differing == 0 && codes.size == expected.size) return 0;
    std::fprintf(stderr, "layer_program: %s: %zu of %zu codes differ\n", folder.c_str(), differing, codes.size);
    return 1;
}

}  // namespace

int main(int argc, char **argv) {
    if (argc < 7) return 2;
    const std::string folder = argv[1];
    const int channels = std::atoi(argv[2]), size = std::atoi(argv[3]), levels = std::atoi(argv[4]);
    const int accumulator_bits = std::atoi(argv[5]), calls = std::atoi(argv[6]);

    const Bytes input = read(folder + "/input"), weights = read(folder + "/weights"),
                thresholds = read(folder + "/thresholds");
    const Bytes codes(static_cast<std::size_t>(channels) * static_cast<std::size_t>(size * size));
    const int width = size + 2;
    Buffer input_buffer(input.data, 8, {channels, width, width, 1}, 1);
    // Kernels have the shape of their weights as constants.
    Buffer weight_buffer(weights.data, 8, {static_cast<int>(weights.size), 1, 1, 1, 1});
    Buffer threshold_buffer(thresholds.data, accumulator_bits, {channels, levels});
    Buffer output_buffer(codes.data, 8, {channels, size, size, 1});
    void *arguments[] = {&input_buffer.buffer, &weight_buffer.buffer, &threshold_buffer.buffer, &output_buffer.buffer};
    for (int call = 0; call < calls; ++call) {
        if (const int error = dsq_layer_argv(arguments)) {
            std::fprintf(stderr, "layer_program: the kernel returned %d\n", error);
            return 1;
        }
    }
    return argc > 7 && std::strcmp(argv[7], "--check") == 0 ? check(codes, folder) : 0;
}
