// Times a compiled model and each of its steps: for dsq profile, on whatever machine the library is for. Compiled with
// DSQ_RUN, DSQ_STEP and DSQ_VARIANT, the library's functions; with DSQ_TASK and DSQ_TASK_COUNT too where layers have up
// to DSQ_TASKS tasks. With DSQ_COUNTED it makes the calls of the rounds and nothing else, for who counts what they
// execute: times, and what it takes to print them, differ from run to run.
//
// Reads from standard input, all numbers as uint64: bytes of input, output and workspace, how many steps, and how many
// rounds; then an input. Writes as text: the variant that this processor runs, and the nanoseconds, the median of the
// rounds, of a whole run, of each step, and of a run on DSQ_TASKS threads where that is defined.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

extern "C" {
int DSQ_RUN(const void *input, void *output, void *workspace);
int DSQ_STEP(int step, const void *input, void *output, void *workspace);
int DSQ_VARIANT(void);
#ifdef DSQ_TASKS
int DSQ_TASK_COUNT(int variant, int step);
int DSQ_TASK(int variant, int step, int task, const void *input, void *output, void *workspace);
#endif
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

#ifdef DSQ_TASKS
// Leaves the core to the thread that it shares it with.
void pause() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

// One call of the library on threads that wait spinning.
class ParallelRun {
public:
    ParallelRun(const void *input, void *output, void *workspace)
        : input_(input), output_(output), workspace_(workspace) {
        for (int helper = 1; helper < DSQ_TASKS; ++helper) helpers_.emplace_back([this] { help(); });
    }
    ~ParallelRun() {
        stops_ = true;
        ++round_;
    }
    ParallelRun(const ParallelRun &) = delete;
    ParallelRun &operator=(const ParallelRun &) = delete;

    void operator()() {
        for (step_ = 0; (tasks_ = DSQ_TASK_COUNT(variant_, step_)) > 0; ++step_) {
            next_ = 0;
            if (tasks_ == 1) {
                work();
                continue;
            }
            busy_ = DSQ_TASKS - 1;
            ++round_;
            work();
            while (busy_ > 0) {
            }
        }
    }

private:
    void help() {
        for (unsigned seen = 0;; ++seen) {
            while (round_ == seen) {
            }
            if (stops_) return;
            work();
            --busy_;
        }
    }
    void work() {
        for (int task = next_++; task < tasks_; task = next_++)
            DSQ_TASK(variant_, step_, task, input_, output_, workspace_);
    }

    const void *input_;
    void *output_, *workspace_;
    const int variant_ = DSQ_VARIANT();
    int step_ = 0, tasks_ = 0;
    std::atomic<int> next_ = 0, busy_ = 0;
    std::atomic<unsigned> round_ = 0;
    std::atomic<bool> stops_ = false;
    std::vector<std::jthread> helpers_;
};
#endif

}  // namespace

int main() {
    std::uint64_t numbers[5];
    if (std::fread(numbers, sizeof numbers[0], 5, stdin) != 5) return 2;
    const auto [input_bytes, output_bytes, workspace_bytes, steps, rounds] = numbers;
    std::uint8_t *input = memory(input_bytes), *output = memory(output_bytes), *workspace = memory(workspace_bytes);
    if (std::fread(input, 1, input_bytes, stdin) != input_bytes) return 2;
#ifdef DSQ_COUNTED
    for (std::uint64_t round = 0; round < rounds; ++round) {
        if (DSQ_RUN(input, output, workspace) != 0) return 1;
    }
    return 0;
#endif
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
#ifdef DSQ_TASKS
    ParallelRun run(input, output, workspace);
    std::vector<double> parallel;
    for (std::uint64_t round = 0; round < rounds; ++round) {
        const double start = now();
        run();
        parallel.push_back(now() - start);
    }
    std::printf("%.0f\n", median(parallel));
#endif
    return 0;
}
