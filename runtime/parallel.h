// Loops on the threads that all kernels share (dsq/threads.h).
#pragma once

#include <functional>

namespace dsq::runtime {

// Calls `body` once with each number below `count`, in no order.
void parallel_for(int count, const std::function<void(int)> &body);

}  // namespace dsq::runtime
