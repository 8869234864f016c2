// Times a compiled model and each of its steps: for dsq profile, on whatever machine the library is for. Compiled with
// DSQ_RUN, DSQ_STEP and DSQ_VARIANT, the library's functions.
//
// Reads from standard input, all numbers as uint64: bytes of input, output and workspace, how many steps, and how many
// rounds; then an input. Writes as text: the variant that this processor runs, the nanoseconds of a whole run, and
// those of each step, the median of the rounds each.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

extern "C" {
int DSQ_RUN(const void *input, void *output, void *workspace);
int DSQ_STEP(int step, const void *input, void *output, void *workspace);
int DSQ_VARIANT(void);
}

namespace {

double now() {
    return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double median(std::vector<double> times) {
    std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2), times.end());
    return times[times.size() / 2];
}

std::uint8_t *memory(std::uint64_t bytes) {
    return static_cast<std::uint8_t *>(std::aligned_alloc(64, (bytes + 127) / 64 * 64));
}

}  // namespace

int main() {
    std::uint64_t numbers[5];
    if (std::fread(numbers, sizeof numbers[0], 5, stdin) != 5) return 2;
    const auto [input_bytes, output_bytes, workspace_bytes, steps, rounds] = numbers;
    std::uint8_t *input = memory(input_bytes), *output = memory(output_bytes), *workspace = memory(workspace_bytes);
    if (std::fread(input, 1, input_bytes, stdin) != input_bytes) return 2;
    std::vector<double> whole;
    std::vector<std::vector<double>> of_steps(steps);
    for (std::uint64_t round = 0; round < rounds; ++round) {
        double start = now();
        if (DSQ_RUN(input, output, workspace) != 0) return 1;
        whole.push_back(now() - start);
        for (std::uint64_t step = 0; step < steps; ++step) {
            start = now();
            if (DSQ_STEP(static_cast<int>(step), input, output, workspace) != 0) return 1;
            of_steps[step].push_back(now() - start);
        }
    }
    std::printf("%d\n%.0f\n", DSQ_VARIANT(), median(whole));
    for (const std::vector<double> &times : of_steps) std::printf("%.0f\n", median(times));
    return 0;
}
