#include "dsq/threads.h"

#include <HalideRuntime.h>

namespace dsq {

Status set_thread_count(int count) {
    constexpr int most = 256;
    if (count < 0 || count > most) {
        return {ErrorCode::invalid_argument,
                "count = " + std::to_string(count) + ": expected 0 (one for each core) to " + std::to_string(most)};
    }
    halide_set_num_threads(count);
    return {};
}

}  // namespace dsq
