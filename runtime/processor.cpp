#include "runtime/processor.h"

// Weak: every library brings its own, and a program may have several.
__attribute__((weak, visibility("hidden"))) int dsq_processor_has(unsigned features) {
    __builtin_cpu_init();
    unsigned found = 0, bit = 1;
#define FEATURE(name)                               \
    if (__builtin_cpu_supports(name)) found |= bit; \
    bit <<= 1;
    DSQ_PROCESSOR_FEATURES(FEATURE)
#undef FEATURE
    return (features & ~found) == 0;
}
