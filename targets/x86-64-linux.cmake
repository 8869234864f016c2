# x86-64 Linux. Read as the toolchain file of a preset, and by cmake/DsqTarget.cmake.
set(DSQ_TARGET x86-64-linux)

# Every kernel is built once for each, whatever machine builds it, and picks the first that the processor has.
# avx512_skylake: AVX-512 F, CD, VL, DQ, BW (Intel since Skylake-X, AMD since Zen 4).
set(DSQ_TARGET_avx512 x86-64-linux-sse41-avx-f16c-fma-avx2-avx512-avx512_skylake)
set(DSQ_TARGET_avx2 x86-64-linux-sse41-avx-f16c-fma-avx2)
set(DSQ_TARGET_VARIANTS avx512 avx2)  # the baseline last

# The ways of convolutions of codes, and what a way for some processors only is made with: VNNI's dot products of bytes, one of them
# without a sign (avx512_zen4 is the least of Halide's names that has them: AMD since Zen 4, Intel since Sapphire Rapids).
set(DSQ_CODES_WAYS mla popcount depthwise dot pairs)
set(DSQ_TARGET_vnni ${DSQ_TARGET_avx512}-avx512_cannonlake-avx512_zen4)
set(DSQ_VARIANT_dot vnni)
set(DSQ_PARAMS_dot unsigned_codes=true)
