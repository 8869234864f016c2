# 64-bit Arm Linux, ARMv8.0 (Cortex-A53 and later). Read as the toolchain file of a preset, and by cmake/DsqTarget.cmake.
set(DSQ_TARGET arm-64-linux)

set(DSQ_TARGET_armv8 arm-64-linux)
set(DSQ_TARGET_VARIANTS armv8)

set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)

# How a program for this target is run here: the smallest core that is supported.
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64 -cpu cortex-a53 -L /usr/aarch64-linux-gnu)
