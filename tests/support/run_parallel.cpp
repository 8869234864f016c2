// Runs the compiled library "model" as an app with threads would: run_parallel INPUT OUTPUT. Exits with 0, or with the
// number of what failed.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstring>
#include <random>
#include <thread>
#include <vector>

#include "model.h"

namespace {

using Task = int (*)(void *closure, int index);

std::vector<unsigned char> input(MODEL_INPUT_BYTES), expected(MODEL_OUTPUT_BYTES);
std::atomic<int> largest_step;  // tasks of one

struct alignas(MODEL_WORKSPACE_ALIGNMENT) Workspace {
    unsigned char bytes[MODEL_WORKSPACE_BYTES];
};

// A thread for each task.
int on_threads(void *, int tasks, Task task, void *closure) {
    std::atomic<int> error = 0;
    std::vector<std::jthread> threads;
    for (int index = tasks; index-- > 0;) {
        threads.emplace_back([&, index] {
            if (const int result = task(closure, index)) error = result;
        });
    }
    threads.clear();
    largest_step = std::max(largest_step.load(), tasks);
    return error;
}

// One after the other, in another order each time.
int shuffled(void *random, int tasks, Task task, void *closure) {
    std::vector<int> order;
    for (int index = 0; index < tasks; ++index) order.push_back(index);
    std::ranges::shuffle(order, *static_cast<std::mt19937 *>(random));
    int error = 0;
    for (const int index : order) error = std::max(error, task(closure, index));
    return error;
}

int failing(void *, int, Task, void *) {
    return 77;
}

bool agrees(Workspace &workspace, model_parallel_for hook, void *context) {
    std::memset(&workspace, 0x55, sizeof workspace);
    std::vector<unsigned char> output(MODEL_OUTPUT_BYTES);
    const int error = model_run_parallel(input.data(), output.data(), &workspace, hook, context);
    return error == MODEL_OK && output == expected;
}

bool two_agree(Workspace &one, Workspace &other) {
    bool agree = false;
    std::thread thread([&] { agree = agrees(one, on_threads, nullptr); });
    const bool agrees_too = agrees(other, on_threads, nullptr);
    thread.join();
    return agree && agrees_too;
}

Workspace workspaces[2];

}  // namespace

int main(int count, char **arguments) {
    if (count != 3) return 1;
    FILE *file = std::fopen(arguments[1], "rb");
    if (!file || std::fread(input.data(), 1, input.size(), file) != input.size() || std::fclose(file) != 0) return 2;
    if (model_run(input.data(), expected.data(), workspaces) != MODEL_OK) return 3;

    if (!agrees(workspaces[0], on_threads, nullptr)) return 4;
    if (largest_step != MODEL_TASKS) return 5;
    std::mt19937 random(1);
    for (int time = 0; time < 3; ++time) {
        if (!agrees(workspaces[0], shuffled, &random)) return 6;
    }
    if (!two_agree(workspaces[0], workspaces[1])) return 7;

    std::vector<unsigned char> output(MODEL_OUTPUT_BYTES);
    const auto result = [&](const void *from, void *to, void *workspace, model_parallel_for hook) {
        return model_run_parallel(from, to, workspace, hook, nullptr);
    };
    if (result(input.data(), output.data(), workspaces, failing) != 77) return 8;
    if (result(nullptr, output.data(), workspaces, shuffled) != MODEL_NULL_POINTER ||
        result(input.data(), nullptr, workspaces, shuffled) != MODEL_NULL_POINTER ||
        result(input.data(), output.data(), nullptr, shuffled) != MODEL_NULL_POINTER ||
        result(input.data(), output.data(), workspaces, nullptr) != MODEL_NULL_POINTER) {
        return 9;
    }
    if (model_task_count(model_variant(), 100000) != 0 || model_task_count(model_variant(), -1) != 0) return 10;

    file = std::fopen(arguments[2], "wb");
    if (!file || std::fwrite(expected.data(), 1, expected.size(), file) != expected.size()) return 11;
    return std::fclose(file) == 0 ? 0 : 12;
}
