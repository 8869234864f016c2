// A tensor that ends where its page ends: a read or write one byte behind it stops the program.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <new>
#include <span>
#include <vector>

namespace dsq::tests {

template <typename Element>
class GuardedTensor {
public:
    explicit GuardedTensor(std::size_t size) : size_(size) {
        const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
        const std::size_t bytes = (size * sizeof(Element) + page - 1) / page * page;
        mapped_ = bytes + page;
        memory_ =
            static_cast<char *>(mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        if (memory_ == MAP_FAILED || mprotect(memory_ + bytes, page, PROT_NONE) != 0) throw std::bad_alloc();
        data_ = reinterpret_cast<Element *>(memory_ + bytes - size * sizeof(Element));
    }
    explicit GuardedTensor(const std::vector<Element> &values) : GuardedTensor(values.size()) {
        std::copy(values.begin(), values.end(), data_);
    }
    ~GuardedTensor() {
        munmap(memory_, mapped_);
    }
    GuardedTensor(const GuardedTensor &) = delete;
    GuardedTensor &operator=(const GuardedTensor &) = delete;

    std::span<Element> span() {
        return {data_, size_};
    }

private:
    std::size_t size_ = 0;
    std::size_t mapped_ = 0;
    char *memory_ = nullptr;
    Element *data_ = nullptr;
};

}  // namespace dsq::tests
