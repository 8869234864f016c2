/// What an x86 processor can do, asked by a library with kernels for several of them. The function is a part of such
/// libraries (src/compile/build_library.h).
#pragma once

/// As __builtin_cpu_supports names them.
#define DSQ_PROCESSOR_FEATURES(FEATURE) \
    FEATURE("sse4.1")                   \
    FEATURE("avx")                      \
    FEATURE("avx2")                     \
    FEATURE("fma")                      \
    FEATURE("avx512f")                  \
    FEATURE("avx512cd")                 \
    FEATURE("avx512vl")                 \
    FEATURE("avx512dq")                 \
    FEATURE("avx512bw")                 \
    FEATURE("avx512ifma")               \
    FEATURE("avx512vbmi")               \
    FEATURE("avx512vbmi2")              \
    FEATURE("avx512vnni")               \
    FEATURE("avx512bitalg")             \
    FEATURE("avx512vpopcntdq")          \
    FEATURE("avx512bf16")

/// 1 if it has all of `features`: a bit for each, the first of the list in the lowest; else 0.
extern "C" int dsq_processor_has(unsigned features);
