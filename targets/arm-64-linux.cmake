# 64-bit Arm Linux, ARMv8.0 (Cortex-A53 and later). Read as the toolchain file of a preset, and by cmake/DsqTarget.cmake.
set(DSQ_TARGET arm-64-linux)

set(DSQ_TARGET_armv8 arm-64-linux)
set(DSQ_TARGET_VARIANTS armv8)

# The ways of convolutions of codes, and what a way for some processors only is made with: dot products of bytes (Cortex-A55, A75
# and later).
set(DSQ_CODES_WAYS mla popcount depthwise dot)
set(DSQ_TARGET_dotprod arm-64-linux-arm_dot_prod-armv82a)
set(DSQ_VARIANT_dot dotprod)
set(DSQ_PARAMS_dot unsigned_codes=false)

set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)

# How a program for this target is run here: the smallest core that is supported.
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64 -cpu cortex-a53 -L /usr/aarch64-linux-gnu)
