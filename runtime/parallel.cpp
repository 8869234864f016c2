#include "runtime/parallel.h"

#include <HalideRuntime.h>

namespace dsq::runtime {
namespace {

int call(void *, int number, std::uint8_t *body) {
    (*reinterpret_cast<const std::function<void(int)> *>(body))(number);
    return 0;
}

}  // namespace

void parallel_for(int count, const std::function<void(int)> &body) {
    auto *closure = reinterpret_cast<std::uint8_t *>(const_cast<std::function<void(int)> *>(&body));
    halide_do_par_for(nullptr, call, 0, count, closure);
}

}  // namespace dsq::runtime
