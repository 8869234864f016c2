#include "compile/memory_plan.h"

#include <algorithm>
#include <numeric>

namespace dsq {
namespace {

struct Piece {
    std::size_t begin, end;
};

bool overlap(const MemoryRequest &a, const MemoryRequest &b) {
    return a.first_step <= b.last_step && b.first_step <= a.last_step;
}

// The begin of the smallest gap between taken pieces that holds so many bytes; behind all of them where none does.
std::size_t smallest_gap(std::vector<Piece> taken, std::size_t bytes) {
    std::sort(taken.begin(), taken.end(), [](const Piece &a, const Piece &b) { return a.begin < b.begin; });
    std::size_t end = 0, best = 0, best_size = 0;
    bool found = false;
    for (const Piece &piece : taken) {
        const std::size_t size = piece.begin > end ? piece.begin - end : 0;
        if (size >= bytes && (!found || size < best_size)) {
            best = end;
            best_size = size;
            found = true;
        }
        end = std::max(end, piece.end);
    }
    return found ? best : end;
}

}  // namespace

MemoryPlan plan_memory(std::span<const MemoryRequest> requests, std::size_t alignment) {
    const auto aligned = [&](std::size_t bytes) { return (bytes + alignment - 1) / alignment * alignment; };
    std::vector<std::size_t> order(requests.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return requests[a].bytes > requests[b].bytes;
    });
    MemoryPlan plan;
    plan.offsets.assign(requests.size(), 0);
    std::vector<std::size_t> placed;
    for (const std::size_t i : order) {
        std::vector<Piece> taken;
        for (const std::size_t other : placed) {
            if (!overlap(requests[i], requests[other])) continue;
            taken.push_back({plan.offsets[other], plan.offsets[other] + aligned(requests[other].bytes)});
        }
        plan.offsets[i] = smallest_gap(std::move(taken), aligned(requests[i].bytes));
        plan.bytes = std::max(plan.bytes, plan.offsets[i] + aligned(requests[i].bytes));
        placed.push_back(i);
    }
    return plan;
}

}  // namespace dsq
