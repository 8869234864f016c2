/// The threads that all kernels of a process share.
#pragma once

#include "dsq/status.h"

namespace dsq {

/// Kernels run on `count` threads from now on, the caller's among them; 0: one for each core. Results do not depend on
/// it. Not while a kernel runs. Error: count outside 0..256.
Status set_thread_count(int count);

}  // namespace dsq
