# 64-bit Arm Linux, ARMv8.0 (Cortex-A53 and later). Read as the toolchain file of a preset, and by cmake/DsqTarget.cmake.
set(DSQ_TARGET arm-64-linux)

set(DSQ_TARGET_armv8 arm-64-linux)
set(DSQ_TARGET_dotprod arm-64-linux-arm_dot_prod-armv82a)
set(DSQ_TARGET_VARIANTS armv8)

# The ways of convolutions of codes; one for some instruction sets only has its own list of them: dot products of bytes (Cortex-A55,
# A75 and later).
set(DSQ_CODES_WAYS depthwise dot mla popcount smlal wide winograd)
set(DSQ_VARIANTS_dot dotprod)

set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)

# How a program for this target is run here: the smallest core that is supported; and the smallest with dot products that QEMU has.
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64 -cpu cortex-a53 -L /usr/aarch64-linux-gnu)
set(DSQ_EMULATOR_dotprod qemu-aarch64 -cpu cortex-a76 -L /usr/aarch64-linux-gnu)
# Other processors that the kernels of codes are tested on, and how a program is run on the one whose name follows.
set(DSQ_OTHER_PROCESSORS cortex-a72 max)
set(DSQ_OTHER_PROCESSORS_dotprod max)
set(DSQ_PROCESSOR_EMULATOR qemu-aarch64 -L /usr/aarch64-linux-gnu -cpu)

# What `dsq compile` makes libraries for (src/compile/compile_target.h), the cores that have defaults, and how a program for one is linked and
# run here.
set(DSQ_PROCESSORS aarch64 arm64)  # as CMAKE_SYSTEM_PROCESSOR has them
set(DSQ_LIBRARY_TARGETS arm-64-linux arm-64-linux-dotprod)
set(DSQ_LIBRARY_arm-64-linux armv8)
set(DSQ_LIBRARY_arm-64-linux-dotprod dotprod)
set(DSQ_CORES_arm-64-linux cortex-a53 cortex-a72)
set(DSQ_CORES_arm-64-linux-dotprod cortex-a55 cortex-a76)
set(DSQ_LINKER_arm-64-linux aarch64-linux-gnu-g++ -static)
set(DSQ_LINKER_arm-64-linux-dotprod aarch64-linux-gnu-g++ -static)
set(DSQ_RUNNER_arm-64-linux qemu-aarch64 -cpu cortex-a53)
set(DSQ_RUNNER_arm-64-linux-dotprod qemu-aarch64 -cpu cortex-a76)
# What cycles are estimated with where there is no board (src/tune/arm_cycles.h): LLVM's tools, and all extensions that its models know.
set(extensions -mattr=+v8.6a,+dotprod,+i8mm,+fullfp16,+bf16)
foreach(target IN LISTS DSQ_LIBRARY_TARGETS)
  set(DSQ_DISASSEMBLER_${target} llvm-mc-19 --disassemble -triple=aarch64 ${extensions})
  set(DSQ_ANALYZER_${target} llvm-mca-19 -mtriple=aarch64 ${extensions})
endforeach()
