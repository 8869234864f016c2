#include "runtime/kernel_call.h"

#include <HalideRuntime.h>

#include <string>

#include "runtime/scratch.h"

namespace dsq::runtime {
namespace {

thread_local std::string last_error;

void keep_error(void * /*user_context*/, const char *message) {
    last_error = message;
}

// Halide's own handler aborts. An app that sets one after the first call of a kernel keeps it: the error code is enough
// here.
void replace_aborting_handler() {
    static const auto replaced = halide_set_error_handler(keep_error);
    (void)replaced;
}

bool processor_is_supported() {
#if defined(__x86_64__)
    static const bool supported = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    return supported;
#else
    return true;
#endif
}

}  // namespace

Status prepare_kernel_call(const char *name) {
    if (!processor_is_supported()) {
        return {ErrorCode::unsupported_processor,
                std::string(name) + ": this processor has no AVX2 and FMA, which it needs"};
    }
    replace_aborting_handler();
    keep_scratch();
    last_error.clear();
    return {};
}

Status kernel_result(const char *name, int error) {
    if (error == 0) return {};
    return {ErrorCode::kernel_failed, std::string(name) + ": error " + std::to_string(error) + ": " + last_error};
}

}  // namespace dsq::runtime
