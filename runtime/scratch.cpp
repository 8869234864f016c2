#include "runtime/scratch.h"

#include <HalideRuntime.h>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdlib>
#include <mutex>

namespace dsq::runtime {
namespace {

// Halide wants the alignment of its widest vector, and may read one before and after.
constexpr std::size_t alignment = 128;

// Stands before each block, in a space of `alignment` bytes.
struct Header {
    Header *next;
    std::size_t size_class;
};

// Blocks of a size class are interchangeable: sizes are rounded up to four steps in each power of two, below 2^47, which
// is more than a process can have.
constexpr std::size_t size_classes = 4 * 47;

std::size_t class_of(std::size_t bytes) {
    const std::size_t size = bytes < alignment ? alignment : bytes;
    const auto exponent = static_cast<std::size_t>(std::bit_width(size) - 1);
    const std::size_t quarter = std::size_t{1} << (exponent - 2);
    return 4 * exponent + (size - (std::size_t{1} << exponent) + quarter - 1) / quarter;
}

std::size_t bytes_of(std::size_t size_class) {
    const std::size_t exponent = size_class / 4;
    return (std::size_t{1} << exponent) + (size_class % 4) * (std::size_t{1} << (exponent - 2));
}

class Pool {
public:
    void *take(std::size_t bytes) {
        const std::size_t size_class = class_of(bytes);
        if (size_class >= size_classes) return nullptr;
        {
            const std::lock_guard lock(mutex_);
            if (Header *header = free_[size_class]; header != nullptr) {
                free_[size_class] = header->next;
                return block(header);
            }
        }
        const std::size_t whole = (bytes_of(size_class) + 2 * alignment + alignment - 1) / alignment * alignment;
        auto *header = static_cast<Header *>(std::aligned_alloc(alignment, whole));
        if (header == nullptr) return nullptr;
        *header = {nullptr, size_class};
        return block(header);
    }

    void give_back(void *memory) {
        if (memory == nullptr) return;
        auto *header = reinterpret_cast<Header *>(static_cast<std::byte *>(memory) - alignment);
        const std::lock_guard lock(mutex_);
        header->next = free_[header->size_class];
        free_[header->size_class] = header;
    }

private:
    static void *block(Header *header) {
        return reinterpret_cast<std::byte *>(header) + alignment;
    }

    std::mutex mutex_;
    std::array<Header *, size_classes> free_{};
};

// Never destroyed: threads of Halide's pool may outlive static objects.
Pool &pool() {
    static Pool &only = *new Pool;
    return only;
}

}  // namespace

void keep_scratch() {
    static const auto replaced = [] {
        halide_set_custom_free([](void * /*user_context*/, void *memory) { pool().give_back(memory); });
        return halide_set_custom_malloc([](void * /*user_context*/, std::size_t bytes) { return pool().take(bytes); });
    }();
    (void)replaced;
}

}  // namespace dsq::runtime
