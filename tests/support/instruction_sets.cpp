#include "tests/support/instruction_sets.h"

#include <HalideRuntime.h>

#if defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

#include <atomic>

namespace dsq::tests {
namespace {

std::atomic<bool> avx512_allowed{true};
std::atomic<int> avx512_taken{0};

// What a kernel asks before it takes a variant other than the baseline.
int choose(int count, const uint64_t *features) {
    constexpr int avx512 = halide_target_feature_avx512_skylake;
    const bool wants_avx512 = ((features[avx512 / 64] >> (avx512 % 64)) & 1) != 0;
    if (!wants_avx512) return halide_default_can_use_target_features(count, features);
    if (!avx512_allowed) return 0;
    const int can = halide_default_can_use_target_features(count, features);
    if (can != 0) ++avx512_taken;
    return can;
}

bool processor_has(const std::string &name) {
#if defined(__x86_64__)
    if (name == "avx2") return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (name == "vnni") {
        return processor_has("avx512") && __builtin_cpu_supports("avx512vnni") &&
               __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512vbmi2") &&
               __builtin_cpu_supports("avx512bitalg");
    }
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512cd");
#else
    if (name == "dotprod") return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0;
    return name == "armv8";
#endif
}

}  // namespace

std::string force_instruction_set(const std::string &name) {
    if (!processor_has(name)) return "this processor has no " + name;
    static const std::string first = name;
    if (first != name) return "this process has chosen " + first;
    avx512_allowed = name == "avx512";
    halide_set_custom_can_use_target_features(choose);
    return "";
}

int avx512_choices() {
    return avx512_taken;
}

}  // namespace dsq::tests
