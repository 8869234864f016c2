# x86-64 Linux. Read as the toolchain file of a preset, and by cmake/DsqTarget.cmake.
set(DSQ_TARGET x86-64-linux)

# Every kernel is built once for each, whatever machine builds it, and picks the first that the processor has.
# avx512_skylake: AVX-512 F, CD, VL, DQ, BW (Intel since Skylake-X, AMD since Zen 4).
set(DSQ_TARGET_avx512 x86-64-linux-sse41-avx-f16c-fma-avx2-avx512-avx512_skylake)
set(DSQ_TARGET_avx2 x86-64-linux-sse41-avx-f16c-fma-avx2)
# avx512_zen4: the least of Halide's names that has VNNI (AMD since Zen 4, Intel since Sapphire Rapids).
set(DSQ_TARGET_vnni ${DSQ_TARGET_avx512}-avx512_cannonlake-avx512_zen4)
set(DSQ_TARGET_VARIANTS avx512 avx2)  # the baseline last

# The ways of convolutions of codes; one for some instruction sets only has its own list of them. VNNI's dot products of bytes take one
# operand without a sign.
# What is meant for Arm serves here to check that all ways agree.
set(DSQ_CODES_WAYS depthwise dot mla pairs popcount smlal wide winograd)
set(DSQ_VARIANTS_dot vnni)
set(DSQ_PARAMS_dot unsigned_codes=true)
set(DSQ_VARIANTS_wide vnni avx2)
foreach(way IN ITEMS mla popcount smlal winograd)
  set(DSQ_VARIANTS_${way} avx2)
endforeach()

# What `dsq compile` makes libraries for (src/compile/compile_target.h): a library has kernels for each of these instruction sets, and runs
# the first that the processor has all requirements of, as __builtin_cpu_supports names them.
set(DSQ_PROCESSORS x86_64 AMD64)  # as CMAKE_SYSTEM_PROCESSOR has them
set(DSQ_LIBRARY_TARGETS x86-64-linux)
set(DSQ_LIBRARY_x86-64-linux vnni avx2)
set(DSQ_REQUIRES_vnni avx512f avx512bw avx512dq avx512vl avx512cd avx512vbmi avx512ifma avx512vnni avx512bitalg avx512vbmi2 avx512vpopcntdq avx512bf16)
set(DSQ_REQUIRES_avx2 avx2 fma)
set(DSQ_CORES_x86-64-linux x86-64)
set(DSQ_LINKER_x86-64-linux c++)
