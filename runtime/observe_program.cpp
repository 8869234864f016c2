// Runs a compiled model step by step and shows what each step wrote: for dsq verify, on whatever machine the library is
// for. Compiled with DSQ_STEP, the library's <name>_step.
//
// Reads from standard input, all numbers as uint64: bytes of input, output and workspace, how many runs, how many
// pieces; for each piece its step, place (0: workspace, 1: output), offset and bytes; then the input of each run.
// Writes for each run its pieces, one after the other.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

extern "C" int DSQ_STEP(int step, const void *input, void *output, void *workspace);

namespace {

struct Piece {
    std::uint64_t step, place, offset, bytes;
};

template <typename Value>
void read(Value *values, std::size_t count) {
    if (std::fread(values, sizeof(Value), count, stdin) == count) return;
    std::fputs("observe_program: standard input ends too early\n", stderr);
    std::exit(2);
}

// At the start of a line of the cache, as the library's header asks for.
std::uint8_t *memory(std::uint64_t bytes) {
    return static_cast<std::uint8_t *>(std::aligned_alloc(64, (bytes + 127) / 64 * 64));
}

}  // namespace

int main() {
    std::uint64_t sizes[5];
    read(sizes, 5);
    const auto [input_bytes, output_bytes, workspace_bytes, runs, count] = sizes;
    std::vector<Piece> pieces(count);
    read(pieces.data(), count);
    std::uint8_t *input = memory(input_bytes), *output = memory(output_bytes), *workspace = memory(workspace_bytes);
    const std::uint64_t steps = pieces.empty() ? 0 : pieces.back().step + 1;
    for (std::uint64_t run = 0; run < runs; ++run) {
        read(input, input_bytes);
        std::size_t next = 0;
        for (std::uint64_t step = 0; step < steps; ++step) {
            if (const int error = DSQ_STEP(static_cast<int>(step), input, output, workspace)) {
                std::fprintf(stderr, "observe_program: step %d returned %d\n", static_cast<int>(step), error);
                return 1;
            }
            for (; next < count && pieces[next].step == step; ++next) {
                const Piece &piece = pieces[next];
                std::fwrite((piece.place == 1 ? output : workspace) + piece.offset, 1, piece.bytes, stdout);
            }
        }
    }
    return std::fflush(stdout) == 0 ? 0 : 3;
}
