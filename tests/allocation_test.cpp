// After its first step, training takes no memory from the system.
#include <gtest/gtest.h>
#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "dsq/threads.h"
#include "execute/executor.h"
#include "train/model_setup.h"
#include "train/optimizer_groups.h"

namespace {

std::atomic<long> allocations = 0;

void *counted(std::size_t bytes, std::size_t alignment) {
    ++allocations;
    void *memory = std::aligned_alloc(alignment, (bytes + alignment) / alignment * alignment);
    if (memory == nullptr) std::abort();
    return memory;
}

}  // namespace

void *operator new(std::size_t bytes) {
    return counted(bytes, alignof(std::max_align_t));
}
void *operator new(std::size_t bytes, std::align_val_t alignment) {
    return counted(bytes, static_cast<std::size_t>(alignment));
}
// GCC sees through the calls, and takes the pair for a mismatch.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
void operator delete(void *memory) noexcept {
    std::free(memory);
}
void operator delete(void *memory, std::size_t /*bytes*/) noexcept {
    std::free(memory);
}
void operator delete(void *memory, std::align_val_t /*alignment*/) noexcept {
    std::free(memory);
}
void operator delete(void *memory, std::size_t /*bytes*/, std::align_val_t /*alignment*/) noexcept {
    std::free(memory);
}

namespace dsq::tests {
namespace {

constexpr int batch = 4;

TEST(Allocation, EndsWithTheFirstStep) {
    // Each thread that takes part in a kernel has scratch memory of its own, from the first time that it does.
    ASSERT_TRUE(set_thread_count(1).ok());
    Recipe recipe;
    recipe.data.mean = {0, 0, 0};
    recipe.data.deviation = {1, 1, 1};
    recipe.quantization.weights.method = recipe.quantization.activations.method = "dsq";
    recipe.quantization.weights.bits = recipe.quantization.activations.bits = 2;
    Model model;
    ASSERT_TRUE(create_model(recipe, {3, 32, 32}, 10, model).ok());
    Executor executor;
    ASSERT_TRUE(executor.open(model, batch).ok());
    const std::vector<float> images(std::size_t{3} * 32 * 32 * batch, 0.5F);
    const std::vector<std::uint8_t> labels(batch, 1);
    ASSERT_TRUE(executor.forward(images, batch, Mode::calibrate).ok());
    OptimizerGroups optimizer(recipe, executor.parameters());
    const auto step = [&](std::int64_t number) {
        BatchLoss loss;
        Status status = executor.forward(images, batch, Mode::train);
        if (status.ok()) status = executor.loss(labels, 0.1F, loss);
        if (status.ok()) status = executor.backward();
        if (status.ok()) status = optimizer.step(number, 100, executor.parameters());
        return status.ok();
    };
    ASSERT_TRUE(step(0));
    const long before = allocations;
    const auto bytes = [] { return mallinfo2().uordblks + mallinfo2().hblkhd; };
    const std::size_t in_use = bytes();
    bool ok = true;
    for (int i = 1; i < 4; ++i) ok = ok && step(i);
    const long after = allocations;
    const std::size_t in_use_after = bytes();
    EXPECT_TRUE(ok);
    EXPECT_EQ(after, before);
    EXPECT_EQ(in_use_after, in_use);
}

}  // namespace
}  // namespace dsq::tests
