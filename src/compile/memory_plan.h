/// Where tensors lie in one piece of memory that they share: two that are needed at the same time never overlap.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace dsq {

/// Needed from the first step to the last, both included.
struct MemoryRequest {
    std::size_t bytes = 0;
    int first_step = 0, last_step = 0;
};

struct MemoryPlan {
    std::vector<std::size_t> offsets;  ///< of each request, multiples of `alignment`
    std::size_t bytes = 0;             ///< in all, a multiple too
};

/// The largest are placed first, each into the smallest gap that holds it.
MemoryPlan plan_memory(std::span<const MemoryRequest> requests, std::size_t alignment = 64);

}  // namespace dsq
